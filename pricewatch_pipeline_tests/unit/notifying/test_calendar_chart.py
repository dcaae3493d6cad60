"""The chart of a fare calendar: what is chosen for it, and that it is drawn where it should be."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
from PIL import Image, ImageColor

from pricewatch_pipeline.domain.flights import CalendarFare
from pricewatch_pipeline.notifying.calendar_chart import MOST_ROUTES, calendar_of, draw_calendar
from pricewatch_pipeline.notifying.draw_calendar import HEIGHT, ROUTE_COLOURS, WIDTH
from pricewatch_pipeline.notifying.draw_chart import LOWEST_COLOUR

SEEN_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = date(2027, 1, 10)


def fare(
    days: int, price: str | None, route: str = "LHR-JFK", *, nights: int | None = 7, currency: str = "GBP"
) -> CalendarFare:
    origin, destination = route.split("-")
    departs_on = FIRST + timedelta(days=days)
    return CalendarFare(
        origin=origin,
        destination=destination,
        departs_on=departs_on,
        returns_on=departs_on + timedelta(days=nights) if nights else None,
        price=None if price is None else Decimal(price),
        currency=currency if price else None,
        observed_at=SEEN_AT,
    )


def drawn(*rows: CalendarFare, title: str = "London to New York") -> Image.Image:
    png = draw_calendar(rows, title=title)
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def places(image: Image.Image, colour: str) -> list[tuple[int, int]]:
    difference = np.abs(np.asarray(image, dtype=int) - ImageColor.getrgb(colour)).max(axis=2)
    rows, columns = np.nonzero(difference < 30)
    return [(int(x), int(y)) for x, y in zip(columns, rows, strict=True)]


def test_a_day_has_the_lowest_fare_of_all_its_returns() -> None:
    calendar = calendar_of([fare(0, "400", nights=7), fare(0, "380", nights=9), fare(1, "500")])
    assert calendar is not None
    assert calendar.routes[0].fares == ((FIRST, Decimal(380)), (FIRST + timedelta(days=1), Decimal(500)))
    assert calendar.lowest.price == Decimal(380)


def test_the_cheapest_routes_are_drawn_and_the_others_counted() -> None:
    calendar = calendar_of([fare(0, str(900 - number), f"LHR-{number:03}") for number in range(MOST_ROUTES + 3)])
    assert calendar is not None
    assert [route.name for route in calendar.routes] == [f"LHR-{n:03}" for n in range(3, 9)]
    assert calendar.left_out == 3


def test_fares_in_another_currency_are_no_points_of_the_line() -> None:
    calendar = calendar_of([fare(0, "400"), fare(1, "90", currency="JPY"), fare(2, "410")])
    assert calendar is not None
    assert (calendar.currency, calendar.lowest.price) == ("GBP", Decimal(400))
    assert [price for _, price in calendar.routes[0].fares] == [Decimal(400), None, Decimal(410)]


def test_without_a_price_there_is_no_picture() -> None:
    assert draw_calendar([], title="nothing") is None
    assert draw_calendar([fare(0, None)], title="nothing") is None


def test_the_lowest_fare_is_marked_at_its_day() -> None:
    image = drawn(fare(0, "500"), fare(5, "300"), fare(10, "520"))
    assert image.size == (WIDTH, HEIGHT)
    marked = [x for x, y in places(image, LOWEST_COLOUR) if y < HEIGHT - 65]
    assert 0.45 * WIDTH < sum(marked) / len(marked) < 0.6 * WIDTH


def test_each_route_has_a_line_and_the_dearer_one_is_higher_up() -> None:
    rows = [fare(day, str(300 + day), "LGW-JFK") for day in range(4)]
    image = drawn(*rows, *(fare(day, "600", "LHR-JFK") for day in range(4)))
    below_legend = 60
    cheap, dear = ([y for _, y in places(image, colour) if y > below_legend] for colour in ROUTE_COLOURS[:2])
    assert min(cheap) > max(dear)


def test_a_day_without_a_price_breaks_the_line() -> None:
    image = drawn(fare(0, "500"), fare(1, "500"), fare(2, None), fare(4, None), fare(5, "400"), fare(6, "500"))
    line = {x for x, y in places(image, ROUTE_COLOURS[0]) if y > 60}
    assert not line & set(range(int(WIDTH * 0.35), int(WIDTH * 0.7)))


def test_a_year_of_nine_routes_is_small_enough_for_a_page() -> None:
    rows = [fare(day, str(300 + day * n % 97), f"LHR-{n:03}") for day in range(366) for n in range(9)]
    png = draw_calendar(rows, title="A year")
    assert png is not None
    assert len(png) < 45_000  # 60 kB as text


def test_a_title_is_cut_and_one_day_is_a_picture_too() -> None:
    assert drawn(fare(0, "321"), title="London to " + "New York " * 40).size == (WIDTH, HEIGHT)
