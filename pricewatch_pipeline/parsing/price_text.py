"""One text that shows a price, read as an amount of money. Several prices, or two possible readings, are no price."""

import re
from decimal import Decimal
from itertools import pairwise

from pricewatch_pipeline.domain.offers import LARGEST_AMOUNT, PriceText
from pricewatch_pipeline.parsing.currencies import (
    country_of_locale,
    currency_of_country,
    decimals_of,
    find_currencies,
    has_whole_prices,
    iso_code,
    locale_of,
    meanings_of,
    resolve,
)
from pricewatch_pipeline.parsing.numbers import Hints, NumberText, find_numbers, plain_text, readings

LONGEST_TEXT = 500
"""Characters; more is prose, not a price."""

_PARENTHESES = re.compile(r"\([^()]*\)")
_PERCENT = re.compile(r" ?%")
_UNIT = re.compile(
    r" ?(?:GB|TB|MB|mAh|MHz|GHz|Hz|kg|mg|ml|cl|cm|mm|km|ft|oz|lbs?|inch|Zoll|[WVkK]|kW|kWh|days?|Tage?|dní|pcs|Stück|Stk)(?!\w)(?! ?/)"
)
_DATE = re.compile(r"(?<!\d)\d{1,4}([./-])\d{1,2}\1\d{2,4}(?!\d)|\d+:\d+")
_MULTIBUY = re.compile(r"(?<![\d.,])(?!1\D)\d{1,3} ?(?:for|für|pour|por|per|за|[x×*]) (?=\D{0,6}\d)", re.IGNORECASE)
_EURO_AS_MARK = re.compile(r"(\d)[.,]?([€£]) ?(\d{2})0?(?![\d.,]| ?[%€£])")
_SPLIT_CENTS = re.compile(r"(?<![\d.,])(\d{1,4}) (\d{2})(?![\d.,]| ?\d| ?%)")
_RANGE_WORDS = frozenset({"-", "~", "to", "bis", "až", "do", "à", "a", "al", "and", "und", "до"})
_NEGATIVE = re.compile(r"(?:^|(?<=\s))-$")
_NON_TEXT = re.compile(r"[^\W\d_]")


def read_price(raw: str, *, locale: str | None = None, currency_hint: str | None = None) -> PriceText:
    """Read a price.

    Args:
        raw: the text as the page has it.
        locale: `de-DE`, `de`, or a host name such as `shop.de`; settles decimal marks and `$`, `kr`, `¥`.
        currency_hint: an ISO code or symbol, or another price text of the same page.
    """
    text = plain_text(raw) if len(raw) <= LONGEST_TEXT else ""
    if text.count("€") == 1 or text.count("£") == 1:
        text = _EURO_AS_MARK.sub(r"\1٫\3 \2", text)
    country = country_of_locale(locale)
    hint = _hinted_currency(currency_hint, country)
    numbers = _join_split_cents(text, _amounts_in(text))
    chosen, outcome = _only_one(text, numbers)
    meanings, written = _currency_of(text, chosen)
    if not meanings and hint:
        meanings = (hint,)
    currency = resolve(meanings, written=written, hint=hint, country=country)
    if currency is None and not meanings and country:
        currency = currency_of_country(country)
    if chosen is None:
        return PriceText(raw=raw, currency=currency, outcome=outcome)
    possible = (currency,) if currency and meanings else meanings
    values = readings(chosen, _hints(locale, possible, currency_hint))
    if len(values) == 1 and not _has_impossible_cents(values[0], currency if meanings else None):
        return PriceText(raw=raw, amount=values[0], currency=currency)
    return PriceText(raw=raw, currency=currency, outcome="needs_review" if values else "no_price")


def _hinted_currency(hint: str | None, country: str | None) -> str | None:
    """The one currency a hint names."""
    if not hint or len(hint) > LONGEST_TEXT:
        return None
    if code := iso_code(hint):
        return code
    marks = [match[0] for match in find_currencies(plain_text(hint))]
    codes = {resolve(meanings_of(mark), written=mark, hint=None, country=country) for mark in marks}
    return codes.pop() if len(codes) == 1 else None


def _hints(locale: str | None, possible: tuple[str, ...], other_text: str | None) -> Hints:
    parsed = locale_of(locale) if locale else None
    symbols = parsed.number_symbols.get("latn", {}) if parsed else {}
    mark = symbols.get("decimal") if symbols.get("decimal") in (".", ",") else None
    return Hints(
        decimal_mark=mark or _mark_used_in(other_text),
        decimals=frozenset(map(decimals_of, possible)),
        is_comma_decimal=possible == ("TND",),
    )


def _mark_used_in(text: str | None) -> str | None:
    """The decimal mark that another price text of the same page shows beyond doubt."""
    for number in find_numbers(plain_text(text)) if text and len(text) <= LONGEST_TEXT else ():
        if grouped := re.fullmatch(r"\d{1,3}(?:([.,])\d{3}){2,}", number.text):
            return "," if grouped[1] == "." else "."
        if cents := re.search(r"([.,])\d{2}$", number.text):
            return cents[1]
    return None


def _has_impossible_cents(value: Decimal, currency: str | None) -> bool:
    return currency is not None and decimals_of(currency) == 0 and value != value.to_integral_value()


def _amounts_in(text: str) -> list[NumberText]:
    """The numbers that may be amounts: no percentages, dates, clock times, ratios, measures, negative numbers."""
    # Masked, not dropped: the 9 of `16:9 142,90` must not become a thousand.
    masked = _DATE.sub(lambda match: "_" * len(match[0]), text)
    numbers = [
        number
        for number in find_numbers(masked)
        if not (_PERCENT.match(text, number.end) or _UNIT.match(text, number.end) or _is_negative(text, number))
    ]
    outside = [(m.start(), m.end()) for m in _PARENTHESES.finditer(text)]
    kept = [n for n in numbers if not any(start < n.start < end for start, end in outside)]
    return kept or numbers


def _is_negative(text: str, number: NumberText) -> bool:
    """`-5.00 €`, `-$5`; a dash with a space behind it only separates."""
    before = text[: number.start]
    for match in find_currencies(before):
        if match.end() == len(before.rstrip()):
            before = before[: match.start()]
    return bool(_NEGATIVE.search(before))


def _join_split_cents(text: str, numbers: list[NumberText]) -> list[NumberText]:
    """`19 99 €` (cents in a raised element of their own) is one number."""
    if len(numbers) != 2 or not find_currencies(text):
        return numbers
    first, second = numbers
    joined = _SPLIT_CENTS.match(text, first.start)
    if joined is None or joined.end() != second.end:
        return numbers
    return [NumberText(text=f"{joined[1]}٫{joined[2]}", start=first.start, end=second.end)]


def _only_one(text: str, numbers: list[NumberText]) -> tuple[NumberText | None, str]:
    """The one number that is the price, or why there is none."""
    if not numbers:
        return None, "no_price"
    if _MULTIBUY.search(text):
        return None, "several_prices"
    if len({number.text for number in numbers}) == 1:
        return numbers[0], "ok"
    same = _same_amount(numbers)
    if same is not None:
        return same, "ok"
    with_currency = [n for n in numbers if _adjacent_currency(text, n)]
    if len(with_currency) == 1 and not _is_range(text, numbers):
        return with_currency[0], "ok"
    free = [n for n in numbers if not _is_glued(text, n)]
    if not with_currency and len(free) == 1:
        return free[0], "ok"
    return None, "several_prices"


def _same_amount(numbers: list[NumberText]) -> NumberText | None:
    """`205,68 € 205.68` is one price written twice."""
    values = [readings(number, Hints()) for number in numbers]
    first = values[0]
    return numbers[0] if len(first) == 1 and all(v == first for v in values) else None


def _is_range(text: str, numbers: list[NumberText]) -> bool:
    """`26 to 50 €`, `5.95-10.95 €`."""
    for left, right in pairwise(numbers):
        words = set(text[left.end : right.start].casefold().split()) | {text[left.end : right.start].strip()[:1]}
        if words & _RANGE_WORDS:
            return True
    return False


def _is_glued(text: str, number: NumberText) -> bool:
    around = text[max(0, number.start - 1) : number.start] + text[number.end : number.end + 1]
    return bool(_NON_TEXT.search(around)) and not _adjacent_currency(text, number)


def _adjacent_currency(text: str, number: NumberText) -> re.Match[str] | None:
    """The currency mark right before or after a number."""
    for match in find_currencies(text):
        before = text[match.end() : number.start] if match.end() <= number.start else None
        after = text[number.end : match.start()] if match.start() >= number.end else None
        if (before is not None and before.strip(" .:") == "") or (after is not None and after.strip(" .,-*") == ""):
            return match
    return None


def _currency_of(text: str, number: NumberText | None) -> tuple[tuple[str, ...], str]:
    """What the text's currency mark may mean, and the mark; the mark beside the number wins."""
    marks = find_currencies(text)
    if not marks:
        return (), ""
    mark = (number and _adjacent_currency(text, number)) or marks[0]
    # `CAD $10` and `$10 USD`: a mark that is clear explains one that is not.
    clear = {meanings_of(m[0]) for m in marks if len(meanings_of(m[0])) == 1}
    meanings = meanings_of(mark[0])
    if len(meanings) > 1 and len(clear) == 1 and (only := next(iter(clear)))[0] in meanings:
        return only, mark[0]
    return meanings, mark[0]


def read_amount(value: object, *, currency: str | None = None, locale: str | None = None) -> Decimal | None:
    """An amount from a data field (JSON-LD, microdata, meta), where the point is the decimal mark by rule.

    A number is taken as it is; a text is parsed, never stripped. None when it is no amount.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        return _bounded(Decimal(value))
    text = plain_text(str(value)) if len(str(value)) <= LONGEST_TEXT else ""
    if re.fullmatch(r"\d{1,18}(?:\.\d+)?", text) and not _is_grouped_whole_price(text, currency):
        return _rounded(_bounded(Decimal(text)), currency)
    return read_price(text, locale=locale, currency_hint=currency).amount


def _is_grouped_whole_price(text: str, currency: str | None) -> bool:
    """`50.700` in a currency that shops write without decimals means fifty thousand seven hundred."""
    return bool(currency and has_whole_prices(currency) and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text))


def _bounded(amount: Decimal) -> Decimal | None:
    return amount if amount.is_finite() and 0 <= amount < LARGEST_AMOUNT else None


def _rounded(amount: Decimal | None, currency: str | None) -> Decimal | None:
    """`224.904` EUR is what a tax calculation left; a buyer pays 224.90."""
    if amount is None or currency is None:
        return amount
    places = max(2, decimals_of(currency))
    exponent = amount.as_tuple().exponent
    return round(amount, places) if isinstance(exponent, int) and -exponent > places else amount
