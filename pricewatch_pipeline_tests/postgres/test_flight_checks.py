"""Single flight watches through the whole engine, at a flight search on loopback: snapshot, rows, outcomes, breaker, replay."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.demo.flight_fares import Trip, usual_fare
from pricewatch_pipeline.demo.flight_site import FlightSite, SiteOptions
from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.backoff import NEVER
from pricewatch_pipeline.domain.flights import FareLevel
from pricewatch_pipeline.domain.pages import Fetch
from pricewatch_pipeline.domain.plausibility import PlausibilityBounds
from pricewatch_pipeline.domain.providers import Reading
from pricewatch_pipeline.domain.replays import ReplayKind
from pricewatch_pipeline.domain.watches import Store, Watch
from pricewatch_pipeline.importing.rows import ImportRow
from pricewatch_pipeline.providers.google_flights import GoogleFlightsProvider
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import CheckReport, check_due
from pricewatch_pipeline.services.import_watches import import_rows
from pricewatch_pipeline.services.name_watches import watch_id_for
from pricewatch_pipeline.services.replay_pages import Period, ReplayReport, replay
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.flight_site import NOON, serve_flights
from pricewatch_pipeline_tests.support.raised import add_rules, alerts, rule
from pricewatch_pipeline_tests.support.shop import EVERY_HOUR, engine_on, store_watches

Rows = Callable[..., list[dict[str, Any]]]
DAY = "2027-01-15"


@pytest.fixture
def site() -> Iterator[FlightSite]:
    with serve_flights() as running:
        yield running


def quick(**fields: Any) -> SiteOptions:
    return SiteOptions(page_bytes=0, **fields)


class Flights:
    """Watches of the site, checked by an engine whose clock a test may move."""

    def __init__(self, database: Database, site: FlightSite) -> None:
        self.database = database
        self.site = site
        self.now = NOON
        self.provider = GoogleFlightsProvider(now=lambda: self.now)

    def watch(self, watch_id: str = "trip", *, destination: str | list[str] = "JFK", **fields: Any) -> Watch:
        own = {name: fields.pop(name) for name in list(fields) if name in Watch.__dataclass_fields__}
        said = {"origins": "LHR", "destinations": destination, "departs": DAY, "currency": "GBP", **fields}
        query = self.provider.query_model.model_validate({**said, "site": self.site.base_url})
        return Watch(
            watch_id=watch_id,
            provider=self.provider.name,
            query=query.model_dump(mode="json", exclude_none=True),
            host=self.provider.host_of(query),
            url=self.provider.url_of(query),
            is_matrix=self.provider.is_matrix(query),
            **{"schedule": EVERY_HOUR, **own},
        )

    def store(self, *watches: Watch) -> None:
        store_watches(self.database, watches or [self.watch()])

    def check(self, **engine: Any) -> CheckReport:
        """Check everything that is not finished, at once."""
        self.database.run(lambda connection: connection.exec_driver_sql(_DUE))
        ours = {self.provider.name: self.provider}
        return check_due(engine_on(self.database, providers=ours, **engine))

    def replayed(self, *, provider: GoogleFlightsProvider | None = None, applies: bool = False) -> ReplayReport:
        reader = provider or self.provider
        report = ReplayReport(is_applied=applies)
        return replay(self.database, {reader.name: reader}, ["trip"], Period(), report=report)


_DUE = """UPDATE pricewatch.watches SET next_due_at = now() - interval '1 second', slot_at = now() - interval '1 second'
WHERE next_due_at < '9999-01-01'"""


@pytest.fixture
def flights(database: Database, site: FlightSite) -> Flights:
    return Flights(database, site)


def test_a_check_stores_the_cheapest_fare_every_itinerary_and_what_the_page_says_of_it(
    flights: Flights, rows: Rows
) -> None:
    flights.store(flights.watch(returns="2027-01-22"))
    report = flights.check()
    assert (report.checks, report.snapshots) == (1, 1)
    (asked,) = flights.site.asked
    assert asked.combination == ("LHR", "JFK", date(2027, 1, 15), date(2027, 1, 22))
    (snapshot,) = rows("SELECT price, currency, title, seller, reason FROM pricewatch.price_snapshots")
    assert (snapshot["price"], snapshot["currency"]) == (asked.lowest, "GBP")
    assert snapshot["title"] == "Flight from LHR to JFK on 15 Jan 2027, back on 22 Jan 2027"
    assert "the price is the total of both ways" in snapshot["reason"]
    (search,) = rows("SELECT * FROM pricewatch.flight_searches")
    offers = rows("SELECT * FROM pricewatch.flight_offers ORDER BY number")
    assert (search["price"], search["asked_currency"], search["outcome"]) == (asked.lowest, "GBP", "ok")
    assert search["price_indicator"] in ("low", "typical", "high")
    assert search["typical_low"] < search["typical_high"]
    assert len(offers) == search["itineraries"] > 1
    assert min(offer["price"] for offer in offers if offer["price"]) == asked.lowest
    assert all(offer["legs"] and offer["departs_at"] < offer["arrives_at"] for offer in offers)


@pytest.mark.parametrize(
    ("options", "outcome", "words"),
    [
        (quick(consent="always"), "consent", "again after it was answered with the consent cookie"),
        (quick(sorry="redirect"), "blocked", "unusual traffic"),
        (quick(sorry="status"), "blocked", "unusual traffic"),
        (quick(is_login_asked=True), "login", "login"),
        (quick(is_empty=True), "no_offers", "no flights"),
        (quick(changed="shifted"), "unreadable", "layout has changed"),
        (quick(changed="renamed"), "unreadable", "no data of a flight search"),
        (quick(is_priceless=True), "not_priced", "none of these has a price"),
        (quick(fails=1), "transport", "answered 503"),
    ],
)
def test_whatever_stands_in_place_of_fares_has_an_outcome_of_its_own_and_no_snapshot(
    flights: Flights, rows: Rows, options: SiteOptions, outcome: str, words: str
) -> None:
    flights.site.options = options
    flights.store()
    flights.check()
    (check,) = rows("SELECT outcome, error FROM pricewatch.checks")
    assert check["outcome"] == outcome
    assert words in check["error"]
    assert rows("SELECT FROM pricewatch.price_snapshots") == []
    searches = rows("SELECT outcome, price FROM pricewatch.flight_searches")
    answered = outcome in ("no_offers", "unreadable", "not_priced")
    assert searches == ([{"outcome": outcome, "price": None}] if answered else [])
    failures = rows("SELECT consecutive_failures AS n FROM pricewatch.watches")
    assert failures == [{"n": 0 if outcome == "no_offers" else 1}]


def test_consent_is_answered_once_and_its_cookie_kept_nowhere(flights: Flights, rows: Rows) -> None:
    flights.site.options = quick(consent="asked")
    flights.store()
    flights.check()
    flights.check()
    assert [asked.answer for asked in flights.site.asked] == ["consent", "results", "results"]
    assert [check["outcome"] for check in rows("SELECT outcome FROM pricewatch.checks")] == ["ok", "ok"]
    kept = str(rows("SELECT * FROM pricewatch.checks")) + str(rows("SELECT * FROM pricewatch.price_snapshots"))
    assert "SOCS" not in kept


def test_another_currency_than_asked_for_is_stored_as_it_is_and_flagged(flights: Flights, rows: Rows) -> None:
    flights.site.options = quick(currency="USD")
    flights.store()
    flights.check()
    (snapshot,) = rows("SELECT currency, reason FROM pricewatch.price_snapshots")
    assert snapshot["currency"] == "USD"
    assert "asked for in GBP and given in USD" in snapshot["reason"]
    assert rows("SELECT currency, asked_currency FROM pricewatch.flight_searches") == [
        {"currency": "USD", "asked_currency": "GBP"}
    ]


def test_a_trip_that_is_over_finishes_without_a_request_and_is_never_asked_again(flights: Flights, rows: Rows) -> None:
    flights.store()
    flights.now = datetime(2027, 1, 16, 0, 1, tzinfo=UTC)
    flights.check()
    assert flights.check().checks == 0
    assert flights.site.paths == []
    (check,) = rows("SELECT outcome, error, page_count FROM pricewatch.checks")
    assert (check["outcome"], check["page_count"]) == ("finished", 0)
    assert "2027-01-15, has gone by" in check["error"]
    assert rows("SELECT next_due_at, consecutive_failures FROM pricewatch.watches") == [
        {"next_due_at": NEVER, "consecutive_failures": 0}
    ]


@pytest.mark.parametrize("sorry", ["status", "redirect"])
def test_unusual_traffic_opens_the_breaker_and_another_watch_of_the_host_is_not_asked(
    flights: Flights, rows: Rows, sorry: Any
) -> None:
    flights.site.options = quick(sorry=sorry, retry_after_s=600 if sorry == "status" else None)
    flights.store()
    flights.check()
    (host,) = rows(
        "SELECT breaker_until > now() AS is_open, breaker_reason, rests_until - now() AS rest FROM pricewatch.hosts"
    )
    assert host["is_open"]
    assert host["breaker_reason"] == "it refuses all that we ask: rate limited (429)"
    assert timedelta(seconds=500 if sorry == "status" else 30) < host["rest"] <= timedelta(seconds=600)
    flights.store(flights.watch("other", destination="BOS"))
    flights.check()
    assert len(flights.site.asked) == 1
    assert rows("SELECT watch_id FROM pricewatch.checks") == [{"watch_id": "trip"}]


def test_a_fare_that_is_hard_to_believe_costs_one_request_and_is_believed_by_the_next_check(
    flights: Flights, rows: Rows
) -> None:
    flights.store()
    flights.check()
    rows("UPDATE pricewatch.watches SET recent_prices = ARRAY[9999, 9999]::numeric[]")
    flights.check()
    assert len(flights.site.asked) == 2
    rows("UPDATE pricewatch.quarantined_offers SET observed_at = observed_at - interval '1 hour'")
    flights.check()
    assert len(flights.site.asked) == 3
    assert [check["outcome"] for check in rows("SELECT outcome FROM pricewatch.checks ORDER BY finished_at")] == [
        "ok",
        "implausible",
        "ok",
    ]


def test_a_watch_may_say_that_its_fares_jump(flights: Flights, rows: Rows) -> None:
    flights.store(flights.watch(plausibility=PlausibilityBounds(max_fall=Decimal(1), max_rise=Decimal("Infinity"))))
    flights.check()
    rows("UPDATE pricewatch.watches SET recent_prices = ARRAY[9999, 9999]::numeric[]")
    flights.check()
    assert [check["outcome"] for check in rows("SELECT outcome FROM pricewatch.checks")] == ["ok", "ok"]


def test_a_cheaper_airline_is_no_other_product(flights: Flights, rows: Rows) -> None:
    flights.store(flights.watch(destination=["JFK", "EWR"], plausibility=PlausibilityBounds(max_rise=Decimal(9))))
    flights.check()
    rows("UPDATE pricewatch.watches SET last_title = 'Flight from LGW to EWR on 3 Feb 2027, back on 9 Mar 2027'")
    flights.check()
    assert [check["outcome"] for check in rows("SELECT outcome FROM pricewatch.checks")] == ["ok", "ok"]


def hour_of(level: FareLevel) -> datetime:
    """An hour in which the site's fare stands so."""
    trip = Trip(origins=("LHR",), destinations=("JFK",), departs_on=date.fromisoformat(DAY))
    first = (NOON - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(hours=1)
    away = next(hours for hours in range(5_000) if usual_fare(trip, first + hours, "GBP").level is level)
    return NOON + timedelta(hours=away)


def test_a_rule_on_the_indicator_speaks_when_the_fare_turns_low(database: Database, rows: Rows) -> None:
    now = hour_of(FareLevel.TYPICAL)
    with serve_flights(clock=lambda: now) as site:
        flights = Flights(database, site)
        flights.store(flights.watch(plausibility=PlausibilityBounds(is_on=False)))
        add_rules(database, rule("low-fare", RuleKind.PRICE_INDICATOR, indicator="low"))
        flights.check()
        assert alerts(rows) == []
        now = hour_of(FareLevel.LOW)
        flights.check()
    (search,) = rows("SELECT price FROM pricewatch.flight_searches WHERE price_indicator = 'low'")
    assert alerts(rows) == [("low-fare", "trip", search["price"])]
    (told,) = rows(
        "SELECT reason, facts ->> 'seller' AS seller, facts ->> 'provider' AS provider FROM pricewatch.alerts"
    )
    assert "is called low (typical: " in told["reason"]
    assert (bool(told["seller"]), told["provider"]) == (True, "google_flights")


def test_the_address_of_a_search_is_watched_as_that_search_and_recognised(flights: Flights, rows: Rows) -> None:
    address = flights.watch(returns="2027-01-22").url
    name = watch_id_for(address or "")
    assert name == "lhr-jfk-15-jan-2027-back-22-jan-2027"
    add_watch(flights.database, {"id": name, "url": address}, providers=providers())
    (added,) = rows("SELECT provider, url, host, query ->> 'departs' AS departs FROM pricewatch.watches")
    assert added == {"provider": "google_flights", "url": address, "host": flights.watch().host, "departs": DAY}
    (report,) = import_rows(
        flights.database, [ImportRow(place="line 1", entry={"url": address})], providers=providers()
    )
    assert (report.result, report.id) == ("skipped", name)


class Hasty(GoogleFlightsProvider):
    """Yesterday's reader: reads half of the itineraries, and says so of the fare."""

    async def check(self, watch: Watch, store: Store | None, fetch: Fetch) -> Reading:
        reading = await super().check(watch, store, fetch)
        offer = reading.offer and replace(reading.offer, price=Decimal(5))
        return replace(reading, offer=offer, details=reading.details[:2])


def test_a_page_of_a_trip_that_is_over_by_now_is_read_again_and_its_itineraries_stand_anew(
    flights: Flights, rows: Rows
) -> None:
    today, flights.provider = flights.provider, Hasty(now=lambda: flights.now)
    flights.store()
    flights.check()
    assert rows("SELECT count(*) AS n FROM pricewatch.flight_offers") == [{"n": 1}]
    flights.now, flights.provider = datetime(2030, 1, 1, tzinfo=UTC), today
    assert flights.replayed().counts == {ReplayKind.PRICE: 1}
    assert rows("SELECT count(*) AS n FROM pricewatch.flight_offers") == [{"n": 1}]

    flights.replayed(applies=True)

    (asked,) = flights.site.asked
    assert rows("SELECT price FROM pricewatch.current_snapshots") == [{"price": asked.lowest}]
    (search,) = rows("SELECT itineraries, price FROM pricewatch.flight_searches")
    assert search["price"] == asked.lowest
    assert rows("SELECT count(*) AS n FROM pricewatch.flight_offers") == [{"n": search["itineraries"]}]
    assert flights.replayed(applies=True).counts == {ReplayKind.SAME: 1}


def test_the_page_of_an_earlier_attempt_leaves_the_rows_of_the_last_one_alone(flights: Flights, rows: Rows) -> None:
    flights.site.options = quick(changed="shifted")
    flights.store()
    flights.check()
    flights.site.options = quick(is_empty=True)
    rows("UPDATE pricewatch.watches SET next_due_at = now()")
    check_due(engine_on(flights.database, providers={flights.provider.name: flights.provider}))
    rows("UPDATE pricewatch.checks SET page_sha256 = NULL WHERE attempt = 2")  # its page is not kept
    rows("UPDATE pricewatch.watches SET slot_at = now()")
    assert rows("SELECT outcome FROM pricewatch.checks ORDER BY attempt") == [
        {"outcome": "unreadable"},
        {"outcome": "no_offers"},
    ]
    searched = "SELECT outcome, observed_at FROM pricewatch.flight_searches"
    before = rows(searched)

    assert flights.replayed(applies=True).checks == 1
    assert rows(searched) == before
    assert before[0]["outcome"] == "no_offers"


def test_a_check_of_a_matrix_is_not_read_again_and_it_is_said_why(flights: Flights, rows: Rows) -> None:
    flights.store()
    flights.check()
    rows("UPDATE pricewatch.watches SET is_matrix = true")
    report = flights.replayed(applies=True)
    assert (report.counts, report.written) == ({ReplayKind.FAILED: 1}, 0)
    assert "the lowest of many searches" in (report.differences[0].reason or "")
