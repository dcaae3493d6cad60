"""`make bench`: how fast whole checks are, beside Scrapy and a bare loop on the same pages. Explained in docs/benchmarks.md."""
