"""A shop for tests of the engine: pages with a known price on the loopback server, watches on them, and an engine."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pricewatch_pipeline.domain.hosts import host_key, site_of, split_url
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.robots import RobotsFile
from pricewatch_pipeline.domain.watches import Schedule, Watch
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.fetching.fetchers import open_fetchers
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import Engine
from pricewatch_pipeline.services.make_check import CheckRules
from pricewatch_pipeline.settings import parse_allowed_address
from pricewatch_pipeline.storage import definitions, hosts, robots
from pricewatch_pipeline.storage.database import Connection, Database, clock
from pricewatch_pipeline.storage.definitions import Sourced
from pricewatch_pipeline_tests.support.loopback import Reply, html

DECLARED = "tests (Test Person test@example.org)"
"""What is said to hosts that want to know who asks."""
LOOPBACK = parse_allowed_address("127.0.0.0/8")


def product(
    price: str = "19.99", *, currency: str = "EUR", availability: str = "InStock", name: str = "A lamp"
) -> Reply:
    """A product page with JSON-LD."""
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "offers": {
            "@type": "Offer",
            "price": price,
            "priceCurrency": currency,
            "availability": f"https://schema.org/{availability}",
        },
    }
    text = f"<p>{name}: a very good lamp for every desk, with a switch and a bulb.</p>" * 5
    return html(
        f'<html><head><script type="application/ld+json">{json.dumps(data)}</script></head><body>{text}</body></html>'
    )


def watch(watch_id: str, url: str, **fields: Any) -> Watch:
    """A retail watch."""
    return Watch(watch_id=watch_id, provider="retail", query={"url": url}, host=host_key(url), url=url, **fields)


def watches_on(base_url: str, count: int, *, prefix: str = "w", **fields: Any) -> list[Watch]:
    """So many watches on /0, /1, ... of a server."""
    return [watch(f"{prefix}{n}", f"{base_url}/{n}", **fields) for n in range(count)]


def store_watches(
    database: Database, watches: Sequence[Watch], *, min_delay_s: float = 0.0, knows_robots: bool = True
) -> None:
    """Put watches into the table, due at once. That their sites have no robots.txt is known, unless it is to be found out."""

    def work(connection: Connection) -> None:
        now = clock(connection)
        hosts.ensure(connection, dict.fromkeys((w.host for w in watches), min_delay_s))
        definitions.upsert_watches(
            connection, [(w, Sourced()) for w in watches], {w.watch_id: now - timedelta(seconds=1) for w in watches}
        )
        for url in {site for w in watches if w.url and (site := _site_of(w.url))} if knows_robots else ():
            robots.store(connection, no_robots(url, now), None)

    database.run(work)


def no_robots(site: str, now: datetime) -> RobotsFile:
    """What is known of a site that has no robots.txt."""
    return RobotsFile(
        site=site, outcome=Outcome.NOT_FOUND, status=404, tried_at=now, expires_at=now + timedelta(days=1)
    )


def _site_of(url: str) -> str | None:
    """Scheme, host and port; None where the URL is none, as in tests of bad ones."""
    try:
        return f"{split_url(url).scheme}://{site_of(url)}"
    except ForbiddenAddress:
        return None


def engine_on(database: Database, *, moves_schedule: bool = True, **fields: Any) -> Engine:
    """An engine that may reach loopback."""
    defaults: dict[str, Any] = {
        "providers": providers(),
        "open_fetchers": lambda: open_fetchers(
            user_agent="tests", declared_user_agent=DECLARED, allowed_addresses=[LOOPBACK]
        ),
        "rules": CheckRules(quarantine_after=10, materialization_events="all", moves_schedule=moves_schedule),
        "lease": timedelta(seconds=30),
        "budget": timedelta(seconds=20),
    }
    return Engine(database=database, **{**defaults, **fields})


EVERY_MINUTE = Schedule(every=timedelta(minutes=1))
EVERY_HOUR = Schedule(every=timedelta(hours=1))
