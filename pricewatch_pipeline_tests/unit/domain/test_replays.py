"""What reading a stored page again comes to."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pricewatch_pipeline.domain.offers import Availability, Offer
from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.domain.plausibility import DEFAULT_BOUNDS
from pricewatch_pipeline.domain.replays import (
    COMPARED,
    NOT_OF_THE_PAGE,
    READ_AGAIN,
    PastCheck,
    ReplayKind,
    SeenPrice,
    compare,
    doubt_of_found,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)
LAMP = Offer(price=Decimal("19.9900"), currency="EUR", title="A lamp", variant={"color": "red"})
SOLD_OUT = Offer(availability=Availability.OUT_OF_STOCK, title="A lamp")


def check(offer: Offer | None, offer_outcome: Outcome = Outcome.OK) -> PastCheck:
    return PastCheck(
        watch_id="lamp",
        slot_at=AT,
        attempt=1,
        finished_at=AT,
        outcome=Outcome.OK if offer else Outcome.UNREADABLE,
        url="https://shop.example/lamp",
        final_url=None,
        http_status=200,
        fetcher="http",
        page_sha256=b"1",
        content_type="text/html",
        is_kept=True,
        has_snapshot=offer is not None,
        offer=offer,
        offer_outcome=offer_outcome if offer else None,
    )


@pytest.mark.parametrize(
    ("before", "now", "kind", "changed"),
    [
        (LAMP, LAMP, ReplayKind.SAME, set()),
        (LAMP, replace(LAMP, price=Decimal("19.99")), ReplayKind.SAME, set()),
        (LAMP, replace(LAMP, price=Decimal("19.98996")), ReplayKind.SAME, set()),
        (LAMP, replace(LAMP, price=Decimal("19.98")), ReplayKind.PRICE, {"price"}),
        (LAMP, replace(LAMP, currency="USD"), ReplayKind.PRICE, {"currency"}),
        (LAMP, replace(LAMP, currency=None), ReplayKind.PRICE, {"currency"}),
        (LAMP, replace(LAMP, list_price=Decimal(25)), ReplayKind.DETAILS, {"list_price"}),
        (LAMP, replace(LAMP, variant={"color": "blue"}), ReplayKind.DETAILS, {"variant"}),
        (LAMP, replace(LAMP, method="json_ld", reason="x", confidence=0.1, price_text="19,99"), ReplayKind.SAME, set()),
        (LAMP, SOLD_OUT, ReplayKind.LOST, {"price", "currency", "variant", "availability"}),
        (SOLD_OUT, LAMP, ReplayKind.FOUND, {"price", "currency", "variant", "availability"}),
        (SOLD_OUT, replace(SOLD_OUT, currency="EUR"), ReplayKind.DETAILS, {"currency"}),
        (None, SOLD_OUT, ReplayKind.FOUND, {"availability", "title"}),
    ],
)
def test_two_offers_compare(before: Offer | None, now: Offer, kind: ReplayKind, changed: set[str]) -> None:
    found, changes = compare(check(before), Outcome.OK, now)
    assert (found, set(changes)) == (kind, changed)


@pytest.mark.parametrize(
    ("before", "outcome_before", "outcome", "kind", "has_outcome"),
    [
        (LAMP, Outcome.OK, Outcome.NOT_A_PRODUCT, ReplayKind.LOST, True),
        (SOLD_OUT, Outcome.OK, Outcome.UNREADABLE, ReplayKind.DETAILS, True),
        (Offer(), Outcome.UNREADABLE, Outcome.UNREADABLE, ReplayKind.SAME, False),
        (Offer(), Outcome.UNREADABLE, Outcome.NOT_A_PRODUCT, ReplayKind.DETAILS, True),
        (None, Outcome.OK, Outcome.UNREADABLE, ReplayKind.SAME, False),
    ],
)
def test_a_page_that_shows_no_offer_compares(
    before: Offer | None, outcome_before: Outcome, outcome: Outcome, kind: ReplayKind, has_outcome: bool
) -> None:
    found, changes = compare(check(before, outcome_before), outcome, None)
    assert (found, "outcome" in changes) == (kind, has_outcome)


def test_every_field_of_an_offer_is_compared_or_says_how_it_was_read() -> None:
    how = {"price_text", "method", "confidence", "reason", "candidates"}
    assert {field.name for field in fields(Offer)} == set(COMPARED) | how


def test_no_success_and_no_doubt_is_among_what_is_read_again() -> None:
    assert not {Outcome.OK, Outcome.NOT_MODIFIED, Outcome.IMPLAUSIBLE} & set(READ_AGAIN)
    assert not {Outcome.OK, Outcome.NOT_A_PRODUCT, Outcome.UNREADABLE} & NOT_OF_THE_PAGE


def test_only_what_differs_is_a_change() -> None:
    assert {kind for kind in ReplayKind if kind.is_change} == {
        ReplayKind.PRICE,
        ReplayKind.DETAILS,
        ReplayKind.FOUND,
        ReplayKind.LOST,
    }


@pytest.mark.parametrize(
    ("before", "after", "price", "is_doubtful"),
    [
        ([100, 100], [100], 101, False),
        ([100, 100], [100], 10000, True),
        ([100], [], 10000, True),
        ([], [100], 10000, True),
        ([100, 100], [30, 30], 95, False),
        ([100, 100], [30, 30], 28, False),
        ([100, 100], [30, 30], 300, True),
        ([], [], 10000, False),
        ([], [], 0, True),
    ],
)
def test_a_price_found_for_a_failed_check_is_held_against_those_before_and_after_it(
    before: list[int], after: list[int], price: int, is_doubtful: bool
) -> None:
    hours = [*range(-len(before), 0), *range(1, len(after) + 1)]
    around = [
        SeenPrice(slot_at=AT + timedelta(hours=hour), price=Decimal(each), currency="EUR", title="A lamp")
        for hour, each in zip(hours, [*before, *after], strict=True)
    ]
    doubt = doubt_of_found(replace(LAMP, price=Decimal(price)), AT, around, DEFAULT_BOUNDS)
    assert (doubt is not None) is is_doubtful
