"""The single values of a flight query: how each is written, and how it is written back."""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.errors import ForbiddenAddress
from pricewatch_pipeline.providers.google_flights.places import airport_named, is_city_id, suggestion_for

T = TypeVar("T", date, int)

LONGEST_RANGE = 366
LONGEST_STAY = 366
LONGEST_LAYOVER = 48 * 60
ALLIANCES = ("oneworld", "skyteam", "star_alliance")

_MOST_VALUES = LONGEST_RANGE + 1

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_RANGE = re.compile(r"\s*(\S+?)\s*\.\.\s*(\S+?)\s*", re.ASCII)
_NIGHTS = re.compile(r"[0-9]{1,4}", re.ASCII)
_AIRLINE = re.compile(r"(?=.*[A-Z])[A-Z0-9]{2}", re.ASCII)
_MINUTES = re.compile(r"(?:([0-9]{1,3})\s*h)?\s*(?:([0-9]{1,4})\s*(?:m|min)?)?", re.ASCII | re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


def text_of(parse: Callable[[str], str]) -> Callable[[Any], str]:
    """A pydantic validator from a parser of texts."""

    def validate(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be a text, not {value!r}")
        return parse(value)

    return validate


def as_items(value: Any) -> Any:
    """One text stands for a list of it; in a text, commas part the items."""
    match value:
        case str():
            items: Any = [part for text in value.split(",") if (part := text.strip())]
        case int() | date() if not isinstance(value, bool):
            items = [value]
        case _:
            items = value
    if items in ([], ()):
        raise ValueError("nothing is named: name at least one, or leave the field out")
    return items


def once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse what is named twice."""
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value} is named twice: leave one out")
        seen.add(value)
    return values


def place(text: str) -> str:
    """An airport's IATA code, or one of Google's ids for a city."""
    written = text.strip()
    code = written.upper()
    if is_city_id(written) or airport_named(code):
        return written if is_city_id(written) else code
    if written.startswith("/"):
        raise ValueError(f"{text!r} is not one of Google's ids for a city (they look like /m/04jpl)")
    raise ValueError(f"{text!r} is not the IATA code of an airport{suggestion_for(written)}")


def airport(text: str) -> str:
    """An airport's IATA code."""
    if is_city_id(text.strip()):
        raise ValueError(f"{text!r} is a city: a layover is named by its airport, such as FRA")
    return place(text)


def carrier(text: str) -> str:
    """An airline's IATA code, or an alliance."""
    written = text.strip()
    alliance = re.sub(r"[\s-]+", "_", written.lower())
    if alliance in ALLIANCES:
        return alliance
    if _AIRLINE.fullmatch(written.upper()):
        return written.upper()
    raise ValueError(
        f"{text!r} is no airline (allowed: IATA codes of two characters such as BA or U2, and {', '.join(ALLIANCES)})"
    )


def currency(text: str) -> str:
    """An ISO 4217 code."""
    code = text.strip().upper()
    if code not in list_currencies():
        raise ValueError(f"{text!r} is not a currency (allowed: ISO 4217 codes, such as GBP)")
    return code


def language(text: str) -> str:
    """What Google takes as `hl`: `en`, `pt-BR`."""
    written = text.strip().replace("_", "-")
    try:
        if not _LANGUAGE.fullmatch(written):
            raise ValueError
        Locale.parse(written, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{text!r} is not a language (allowed: such as en, de or pt-BR)") from error
    # Not as Babel would write it, which fills in what is likely: Google knows zh-TW, and no zh-Hant-TW.
    first, *others = written.split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in others)])


def country(text: str) -> str:
    """A country's ISO 3166 code."""
    code = text.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code) or code not in Locale("en").territories:
        hint = "; did you mean GB?" if code == "UK" else ""
        raise ValueError(f"{text!r} is not a country{hint} (allowed: codes of two letters, such as GB)")
    return code


def site(text: str) -> str:
    """The address of the site, without a path."""
    try:
        parts = split_url(text.strip())
    except ForbiddenAddress as error:
        raise ValueError(str(error)) from error
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"{text!r} holds more than the site: leave out the path, such as https://www.google.com")
    return f"{parts.scheme}://{parts.netloc}"


def minutes(value: Any) -> int:
    """Minutes, as a number or as `2h`, `1h30m`."""
    if isinstance(value, int) and not isinstance(value, bool):
        found: int | None = value
    else:
        match = _MINUTES.fullmatch(value.strip()) if isinstance(value, str) else None
        hours, rest = match.groups() if match else (None, None)
        found = int(hours or 0) * 60 + int(rest or 0) if hours or rest else None
    if found is None:
        raise ValueError(f"{value!r} is not a time (write minutes, such as 90, or 1h30m)")
    if not 0 <= found <= LONGEST_LAYOVER:
        raise ValueError(f"{value} is no layover (allowed: 0 minutes to 48h)")
    return found


def days(value: Any) -> tuple[date, ...]:
    """Days in order: from one day, a list of days, a range `2027-01-10..2027-01-20`, or a list of these."""
    return _in_order(day for item in _listed(value, "a date") for day in _days_of(item))


def nights(value: Any) -> tuple[int, ...]:
    """Lengths of stay in order: from a number, a list, a range `5..9`, or a list of these."""
    return _in_order(night for item in _listed(value, "a number of nights") for night in _nights_of(item))


def days_written(found: Sequence[date]) -> str | list[str]:
    """As a person writes them: what `days` reads as these."""
    return _written(found, lambda first, last: (last - first).days)


def nights_written(found: Sequence[int]) -> str | int | list[str | int]:
    """As a person writes them: what `nights` reads as these."""
    written = _written(found, lambda first, last: last - first)
    if isinstance(written, str):
        return int(written) if written.isdecimal() else written
    return [int(item) if item.isdecimal() else item for item in written]


def minutes_written(found: int) -> str:
    """`1h30m`."""
    hours, rest = divmod(found, 60)
    return f"{hours}h" * bool(hours) + f"{rest}m" * bool(rest or not hours)


def _listed(value: Any, what: str) -> list[Any]:
    items = as_items(value)
    if not isinstance(items, list | tuple):
        raise ValueError(f"{value!r} is not {what}, nor a list or range of them")
    return list(items)


def _days_of(item: Any) -> list[date]:
    bounds = _RANGE.fullmatch(item) if isinstance(item, str) else None
    if bounds is None:
        return [_day(item)]
    first, last = (_day(text) for text in bounds.groups())
    count = (last - first).days + 1
    if count < 1:
        raise ValueError(f"{item} ends before it begins: write the earlier day first")
    if count > LONGEST_RANGE:
        raise ValueError(
            f"{item} is a range of {count:,} days (allowed: {LONGEST_RANGE}): airlines sell seats less than a year ahead"
        )
    return [first + timedelta(days=step) for step in range(count)]


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    text = value.strip() if isinstance(value, str) else ""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{value!r} is not a date (write it as 2027-01-15, a range as 2027-01-10..2027-01-20)")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} is in no calendar ({error})") from error


def _nights_of(item: Any) -> list[int]:
    bounds = _RANGE.fullmatch(item) if isinstance(item, str) else None
    first, last = (_night(text) for text in bounds.groups()) if bounds else (_night(item),) * 2
    if last < first:
        raise ValueError(f"{item} ends before it begins: write the shorter stay first")
    return list(range(first, last + 1))


def _night(value: Any) -> int:
    if isinstance(value, str) and _NIGHTS.fullmatch(value.strip()):
        value = int(value)
    if type(value) is not int:
        raise ValueError(f"{value!r} is not a number of nights (write it as 7, a range as 5..9)")
    if not 0 <= value <= LONGEST_STAY:
        raise ValueError(f"{value} nights is no stay (allowed: 0 to {LONGEST_STAY})")
    return value


def _in_order(values: Iterable[T]) -> tuple[T, ...]:
    # Bounded while it is read: a list of ranges may stand for millions.
    found = tuple(itertools.islice(values, _MOST_VALUES + 1))
    once(found)
    if len(found) > _MOST_VALUES:
        raise ValueError(f"more than {_MOST_VALUES} are named: name fewer, or split the watch")
    return tuple(sorted(found))


def _written(found: Sequence[Any], distance: Any) -> str | list[str]:
    """Runs of three and more as ranges; a text where one is enough."""
    runs: list[list[Any]] = []
    for value in found:
        if runs and distance(runs[-1][-1], value) == 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = [
        text for run in runs for text in ([f"{run[0]}..{run[-1]}"] if len(run) > 2 else [str(value) for value in run])
    ]
    return texts[0] if len(texts) == 1 else texts
