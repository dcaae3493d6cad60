"""The fetcher `browser`: Playwright drives the system's Chromium, and every connection goes through a proxy of ours.

`fetcher` and what it imports need the extra `browser`; `limits` and `program` do not.
"""
