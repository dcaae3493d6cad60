"""The demo's insider watches: a company by its ticker, with an alert, and one by its CIK."""

from pathlib import Path

from pricewatch_pipeline.demo.sec_stories import COMPANIES
from pricewatch_pipeline.demo.shop import HOST
from pricewatch_pipeline.demo.watches import write_watch_file

CONTACT = "Pricewatch demo demo@example.org"
"""Who the demo says it is where the user has not said who they are: its EDGAR asks for it, as the SEC does."""
DAYS = 365
"""So far back do its companies have filings."""
_DAYS_READ = 120
"""Of these the demo reads so many: what is older shows that nothing is left out silently."""


def write_insider_watches(folder: Path, port: int) -> Path:
    """Write the watch file of the EDGAR on a port into a folder, and return it. It is asked at the SEC's pace: there is no store."""
    site = f"http://{HOST}:{port}"
    by_ticker, by_cik = (company.entity for company in COMPANIES)
    watches = [
        {
            "id": "insiders-linden",
            "title": f"{by_ticker.name}: trades of insiders",
            "provider": "sec_form4",
            "query": {"company": by_ticker.symbols[0], "days_back": _DAYS_READ, "site": site},
            "every": "1m",
            "news_first": "30m",
            "alerts": [{"when": "insider_trade", "above": {"amount": "250000", "currency": "USD"}, "cooldown": "3m"}],
        },
        {
            "id": "insiders-harbor-isle",
            "title": f"{by_cik.name}: trades of insiders",
            "provider": "sec_form4",
            "query": {"company": by_cik.cik, "days_back": _DAYS_READ, "site": site},
            "every": "1m",
        },
    ]
    return write_watch_file(folder / "demo-insiders.yaml", {"watches": watches})
