"""How the lowest fare stands, as a page says it: low, typical or high, and the bounds of what is typical.

Position [5] of the data: `[level, current, usual, usual - current, low, high, ...]`, amounts as `[null, 65]`. Found in 16 of the
corpus's payloads and true in all of them: `current` is the lowest fare of the page, the difference is that of the two
before it but for rounding, and the level (1 to 5) is 5 exactly where `current` is above `high`, else 2 to 4 between the
bounds. 1 was not seen. Other payloads have null there: the page says nothing.
"""

from decimal import Decimal

from pricewatch_pipeline.domain.flights import FareInsight, FareLevel
from pricewatch_pipeline.providers.google_flights.fares import price_of
from pricewatch_pipeline.providers.google_flights.payload import Json

_NOTHING = FareInsight()
_LEVELS = {
    1: FareLevel.LOW,
    2: FareLevel.TYPICAL,
    3: FareLevel.TYPICAL,
    4: FareLevel.TYPICAL,
    5: FareLevel.HIGH,
}


def read_insight(values: Json) -> FareInsight:
    """What the array says; nothing where it says nothing, or contradicts itself."""
    if not isinstance(values, list) or len(values) < 6:
        return _NOTHING
    current, usual, low, high = (price_of(values[position]) for position in (1, 2, 4, 5))
    if current is None or low is None or high is None or low >= high or not _is_apart(values[3], current, usual):
        return _NOTHING
    level = _level_between(current, low, high)
    written = values[0]
    if type(written) is int and _LEVELS.get(written, level) is not level:
        return _NOTHING
    return FareInsight(level=level, typical_low=low, typical_high=high)


def _is_apart(difference: Json, current: Decimal, usual: Decimal | None) -> bool:
    """Whether the difference is what it should be: the proof that these positions still mean what they did."""
    value = difference[-1] if isinstance(difference, list) and difference else difference
    if usual is None or value is None:
        return usual is None and value is None
    return type(value) in (int, float) and abs(usual - current - Decimal(repr(value))) <= 2


def _level_between(current: Decimal, low: Decimal, high: Decimal) -> FareLevel:
    if current < low:
        return FareLevel.LOW
    return FareLevel.HIGH if current > high else FareLevel.TYPICAL
