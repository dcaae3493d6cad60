"""One text that shows a price, read as an amount of money. Several prices, or two possible readings, are no price."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
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
    meanings_of_minor,
    resolve,
)
from pricewatch_pipeline.parsing.numbers import (
    SCIENTIFIC,
    Hints,
    NumberText,
    find_numbers,
    from_scientific,
    multiplied,
    plain_text,
    readings,
)

LONGEST_TEXT = 500
"""Characters; more is prose, not a price."""

_PARENTHESES = re.compile(r"\([^()]*\)")
_PERCENT = re.compile(r" ?%")
_PERCENT_BEFORE = re.compile(r"(?<!\d)(?<!\d )% ?$")
_UNIT = re.compile(
    r" ?(?:GB|TB|MB|mAh|Ah|MHz|GHz|Hz|dpi|kg|mg|[µm]l|gr?|cl|dl|[lL]|cm|mm|km|m[²³]|ft|oz|lbs?|inch|Zoll|[WVkK]|kW|kWh|h|hrs?|min"
    r"|days?|Tage?|dní|months?|Monate?n?|mois|mes(?:es|i)|maanden|měsíců|years?|Jahre?|pcs|pc|Stück|Stk|szt|шт|kom|db|buc|uds?|ks"
    r"|pezzi|pièces|adet|個|点|枚|本|件|개|ชิ้น|кг|г|мл|мм|см|л)(?!\w)(?! ?/)"
)
_UNIT_OR_CURRENCY = re.compile(r"[\d.,' ]* [KL]")
"""Litres or lempiras, kelvins or kwachas: a text of nothing else is taken for a price."""
_DATE = re.compile(r"(?<!\d)\d{1,4}([./-])\d{1,2}\1\d{2,4}(?!\d)|\d+:\d+")
_FOOTNOTE = re.compile(r"(?<=[*€$£₽\w])( ?)\d{1,2}\)(?=\W|$)|\*\d\b")
_MULTIBUY = re.compile(
    r"(?<![\d.,])(?!1\D)\d{1,3} ?(?:for|für|pour|por|per|за|voor|za|[x×*]) (?=\D{0,6}\d)|(?<![\d.,])\d ?/ ?(?=[$€£]\d)",
    re.IGNORECASE,
)
_EURO_AS_MARK = re.compile(r"(\d)[.,]?([€£]) ?(\d{2})0?(?![\d.,]| ?[%€£])|(\d) ([€£]) (\d{2})(?=\*?$)")
_SPLIT_CENTS = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,' ]\d{3})+|\d{1,4}) (\d{2})(?![\d.,]| ?\d| ?%)")
_MINOR_UNIT = r"¢|p|pence|коп\.?|копеек|копійок|gr\.?|groszy|haléřů|bani|[øö]re|paise|centavos|cts?\.?|cents?|Cent|centimes|centesimi|c[ée]ntimos|cêntimos"
_MAJOR_AND_MINOR = re.compile(rf"(\d) ?((?:[^\W\d]{{1,8}}\.?|[$€£₽₴])) ?(\d{{2}}) ?(?:{_MINOR_UNIT})(?!\w)")
_ONLY_MINOR = re.compile(rf"\W*(\d{{1,3}}(?:[.,]\d)?)(?: ?({_MINOR_UNIT})|(p))(?!\w)[^\d€$£]{{0,20}}")
_RANGE_WORDS = frozenset(
    {
        *("-", "~", "to", "bis", "až", "do", "à", "a", "al", "and", "und", "до", "tot"),
        *("till", "til", "ila", "–", "ως", "到", "至", "から", "from"),
    }
)
_NEGATIVE = re.compile(r"(?:^|(?<=\s))-$")
_NON_TEXT = re.compile(r"[^\W\d_]")
_FREE = re.compile(
    r"free|gratis|kostenlos|umsonst|gratuite?|gratuit[oa]|grátis|zdarma|zadarmo|darmow[ey]|bezpłatnie|ingyenes|ilmainen"
    r"|бесплатно|безплатно|безкоштовно|бесплатан|besplatno|brezplačno|tasuta|bezmaksas|nemokamai|δωρεάν|ücretsiz|miễn phí"
    r"|مجاني|مجانا|رایگان|חינם|मुफ़्त|ฟรี|免费|免費|無料|무료",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text in plain form, and what was found in it."""

    text: str
    marks: tuple[re.Match[str], ...] = ()
    numbers: tuple[NumberText, ...] = ()

    def mark_beside(self, number: NumberText) -> re.Match[str] | None:
        """The currency mark right before or after a number."""
        for match in self.marks:
            before = self.text[match.end() : number.start] if match.end() <= number.start else None
            after = self.text[number.end : match.start()] if match.start() >= number.end else None
            if (before is not None and before.strip(" .:") == "") or (
                after is not None and after.strip(" .,-*/=") == ""
            ):
                return match
        return None


def read_price(raw: str, *, locale: str | None = None, currency_hint: str | None = None) -> PriceText:
    """Read a price.

    Args:
        raw: the text as the page has it.
        locale: `de-DE`, `de`, or a host name such as `shop.de`; settles decimal marks and `$`, `kr`, `¥`.
        currency_hint: an ISO code or symbol, or another price text of the same page.
    """
    if any(len(text) > LONGEST_TEXT for text in (raw, locale, currency_hint) if text):
        return _read_price(raw, locale, currency_hint)
    return _remembered(raw, locale, currency_hint)


def _read_price(raw: str, locale: str | None, currency_hint: str | None) -> PriceText:
    found = _found_in(raw)
    country = country_of_locale(locale)
    hint = _hinted_currency(currency_hint, country)
    if (cents := _only_cents(found, hint, country)) is not None:
        return PriceText(raw=raw, amount=cents[0], currency=cents[1])
    if _is_free(found.text):
        return PriceText(
            raw=raw, amount=Decimal(0), currency=hint or (currency_of_country(country) if country else None)
        )
    chosen, outcome = _only_one(found)
    meanings, written = _currency_of(found, chosen)
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
        return PriceText(raw=raw, amount=values[0], currency=currency or _with_cents(meanings, values[0]))
    return PriceText(raw=raw, currency=currency, outcome="needs_review" if values else "no_price")


_remembered = lru_cache(maxsize=512)(_read_price)
"""One page writes a price several times."""


def read_range(
    raw: str, *, locale: str | None = None, currency_hint: str | None = None
) -> tuple[PriceText, PriceText] | None:
    """The two ends of `from $49 to $99`, `26 to 50 €`; None where the text is no range or an end stays open."""
    found = _found_in(raw)
    if len(found.numbers) != 2 or not found.marks or not _is_range(found):
        return None
    sides = [found.mark_beside(number) for number in found.numbers]
    shared = next((mark[0] for mark in sides if mark is not None), None)
    if shared is None:
        return None
    low, high = (
        read_price(f"{shared} {number.text}", locale=locale, currency_hint=currency_hint) for number in found.numbers
    )
    if low.amount is None or high.amount is None or low.amount >= high.amount:
        return None
    return low, high


def _found_in(raw: str) -> _Text:
    text = plain_text(raw) if len(raw) <= LONGEST_TEXT else ""
    if text.count("€") == 1 or text.count("£") == 1:
        text = _EURO_AS_MARK.sub(_with_the_mark_behind, text)
    text = _MAJOR_AND_MINOR.sub(r"\1٫\3 \2", text)
    marks = tuple(find_currencies(text))
    found = _Text(text=text, marks=marks)
    return _Text(text=text, marks=marks, numbers=tuple(_join_split_cents(found, _amounts_in(found))))


def _with_the_mark_behind(match: re.Match[str]) -> str:
    whole, mark, cents = match.group(1, 2, 3) if match[1] else match.group(4, 5, 6)
    return f"{whole}٫{cents} {mark}"


def _is_free(text: str) -> bool:
    return bool(_FREE.fullmatch(text.strip(" !.*:")))


def _only_cents(found: _Text, hint: str | None, country: str | None) -> tuple[Decimal, str | None] | None:
    """`99¢`, `99p`, `50 ct`: the amount, and the currency of which these are hundredths."""
    if found.marks or len(found.numbers) > 1:
        return None
    match = _ONLY_MINOR.fullmatch(found.text)
    if match is None:
        return None
    written = match[2] or match[3]
    meanings = meanings_of_minor(written)
    if not meanings or (written in ("p", "ct", "c") and match[0].strip()[-1:] == ")"):
        return None
    currency = resolve(meanings, written=written, hint=hint, country=country)
    return Decimal(match[1].replace(",", ".")) / 100, currency


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
    return Hints(
        decimal_mark=(_decimal_mark(locale) if locale else None) or _mark_used_in(other_text),
        decimals=frozenset(map(decimals_of, possible)),
        is_comma_decimal=possible == ("TND",),
    )


@lru_cache(maxsize=512)
def _decimal_mark(locale: str) -> str | None:
    parsed = locale_of(locale)
    mark = parsed.number_symbols.get("latn", {}).get("decimal") if parsed else None
    return mark if mark in (".", ",") else None


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


def _with_cents(meanings: tuple[str, ...], value: Decimal) -> str | None:
    """`¥12.50` has cents, so it is no yen."""
    if value == value.to_integral_value() or len(meanings) < 2:
        return None
    possible = [code for code in meanings if decimals_of(code) > 0]
    return possible[0] if len(possible) == 1 else None


def _amounts_in(found: _Text) -> list[NumberText]:
    """The numbers that may be amounts: no percentages, dates, clock times, ratios, measures, negative numbers."""
    text = found.text
    # Masked, not dropped: the 9 of `16:9 142,90` must not become a thousand.
    masked = _DATE.sub(_blank, text)
    has_percent, has_parentheses = "%" in text, "(" in text
    if not has_parentheses:
        masked = _FOOTNOTE.sub(_blank, masked)
    numbers = [
        amount
        for number in find_numbers(masked)
        if (amount := _multiplied(found, number)).times > 1
        or not (
            (has_percent and (_PERCENT.match(text, number.end) or _PERCENT_BEFORE.search(text[: number.start])))
            or _is_measure(text, number)
            or _is_negative(found, number)
        )
    ]
    if not has_parentheses:
        return numbers
    outside = [(m.start(), m.end()) for m in _PARENTHESES.finditer(text)]
    kept = [n for n in numbers if not any(start < n.start < end for start, end in outside)]
    return kept or numbers


def _blank(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _multiplied(found: _Text, number: NumberText) -> NumberText:
    """`45k kr`, `Rp 1,5 jt`: only beside a currency; `45k` may be anything."""
    amount = multiplied(found.text, number)
    return amount if amount.times > 1 and found.mark_beside(amount) else number


def _is_measure(text: str, number: NumberText) -> bool:
    """`16 GB`, `5 million sold`."""
    if number.end == len(text):
        return False
    is_unit = _UNIT.match(text, number.end) or multiplied(text, number).times > 1
    return bool(is_unit) and not _UNIT_OR_CURRENCY.fullmatch(text)


def _is_negative(found: _Text, number: NumberText) -> bool:
    """`-5.00 €`, `-$5`; a dash with a space behind it only separates."""
    before = found.text[: number.start]
    if "-" not in before:
        return False
    for match in found.marks:
        if match.end() == len(before.rstrip()):
            before = before[: match.start()]
    return bool(_NEGATIVE.search(before))


def _join_split_cents(found: _Text, numbers: list[NumberText]) -> list[NumberText]:
    """`19 99 €` (cents in a raised element of their own) is one number."""
    if len(numbers) != 2 or not found.marks:
        return numbers
    first, second = numbers
    joined = _SPLIT_CENTS.match(found.text, first.start)
    if joined is None or joined.end() != second.end:
        return numbers
    return [NumberText(text=f"{joined[1].replace(' ', '')}٫{joined[2]}", start=first.start, end=second.end)]


def _only_one(found: _Text) -> tuple[NumberText | None, str]:
    """The one number that is the price, or why there is none."""
    numbers = found.numbers
    if not numbers:
        return None, "no_price"
    if _MULTIBUY.search(found.text):
        return None, "several_prices"
    if len({number.text for number in numbers}) == 1:
        return numbers[0], "ok"
    same = _same_amount(numbers)
    if same is not None:
        return same, "ok"
    with_currency = [n for n in numbers if found.mark_beside(n)]
    if len(with_currency) == 1 and not _is_range(found):
        return with_currency[0], "ok"
    free = [n for n in numbers if not _is_glued(found, n)]
    if not with_currency and len(free) == 1:
        return free[0], "ok"
    return None, "several_prices"


def _same_amount(numbers: Sequence[NumberText]) -> NumberText | None:
    """`205,68 € 205.68` is one price written twice."""
    values = [readings(number, Hints()) for number in numbers]
    first = values[0]
    return numbers[0] if len(first) == 1 and all(v == first for v in values) else None


def _is_range(found: _Text) -> bool:
    """`26 to 50 €`, `5.95-10.95 €`."""
    for left, right in pairwise(found.numbers):
        between = found.text[left.end : right.start]
        words = set(between.casefold().split()) | {between.strip()[:1]}
        if words & _RANGE_WORDS:
            return True
    return False


def _is_glued(found: _Text, number: NumberText) -> bool:
    around = found.text[max(0, number.start - 1) : number.start] + found.text[number.end : number.end + 1]
    return bool(_NON_TEXT.search(around)) and not found.mark_beside(number)


def _currency_of(found: _Text, number: NumberText | None) -> tuple[tuple[str, ...], str]:
    """What the text's currency mark may mean, and the mark; the mark beside the number wins."""
    marks = found.marks
    if not marks:
        return (), ""
    mark = (number and found.mark_beside(number)) or marks[0]
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
    if SCIENTIFIC.fullmatch(text):
        return _rounded(from_scientific(text), currency)
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
