"""The amounts of money in one line of text, each with the words before and behind it."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from pricewatch_pipeline.domain.offers import PriceText
from pricewatch_pipeline.parsing.currencies import decimals_of, find_currencies
from pricewatch_pipeline.parsing.numbers import Hints, find_numbers, plain_text, readings
from pricewatch_pipeline.parsing.price_text import read_price, read_range

_CODES = (
    "EUR|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|HRK|RSD|MKD|BAM|ALL|MDL|UAH|RUB|BYN|BYR|KZT|UZS|GEL|AMD|AZN|TRY|ILS"
    "|AED|SAR|QAR|KWD|BHD|OMR|JOD|EGP|MAD|TND|DZD|LBP|IQD|IRR|PKR|INR|BDT|LKR|NPR|CNY|RMB|JPY|KRW|TWD|NTD|HKD|SGD|MYR|IDR|THB"
    "|VND|PHP|AUD|NZD|CAD|MXN|ARS|CLP|COP|PEN|UYU|BRL|PYG|BOB|ZAR|NGN|KES|GHS|DHS|Dhs|LEI"
)
_WORDS = (
    r"kr\.?|KD|QR|DH|K[Ss]h|FCFA|CFA|S/\.?|Bs\.|zł|[Kk]č|Ft|[Ll]ei|лв\.?|руб\.?|[Рр]\.|б\.р|р|грн\.?|ден\.?|дин\.?|din\.?|kn|Rs\.?|RM|Rp\.?|TL|SFr\.?|Fr\.|сум|тг|"
    r"درهم|ريال|ر\.س|جنيه|تومان|د\.إ|บาท|đ|vnđ|VNĐ|[Ee]uros?|Лей|лей"
)
_MAY_BEGIN = "A-VZdeklrvzđРбгдлрстЛتجدرب"
"""What a code or word above may begin with: looked at first, as a hundred alternatives at each letter cost much."""
_MARK = (
    r"[$€£¥₹₽₴₺₩₫฿₪₱₦￥₸₾₼৳៛元円원圓¢]"
    rf"|(?=[{_MAY_BEGIN}])(?<![^\W\d_])(?:{_CODES}|{_WORDS}|(?<!\S)R)(?![^\W\d_])"
)
MONEY = re.compile(rf"(?:{_MARK})[\s:.]{{0,2}}\d|\d[\s.,]{{0,2}}[-*]?\s?(?:{_MARK})|\d ?[.,:] ?[-–—](?!\d)")
CENTS = re.compile(r"\d[.,'٫]\d{2}(?!\d)")
_SIGNED = re.compile(rf"(?:[-−–]|\+\s?)(?:{_MARK})?$")
_PER_UNIT = re.compile(
    r"(?:/|\bper\b|\bpro\b|\bje\b|\bpor\b|\bal\b|\bза\b|\bza\b|\bpr\.?)\s*(?:\d+(?:[.,]\d+)?\s*)?"
    r"(?:kg|g|gr|l|lt|ltr|ml|cl|dl|m|m2|m²|m³|cm|ft|sq|oz|lb|lbs|kilo|liter|litre|litro|ea|each|count|ct|stk|st|szt|ks|ud|unidad|pc|pcs|кг|г|л|мл|шт|м)\b"
    r"|\d\s*(?:kg|g|l|ml|cl|m|кг|г|л|мл)\s*=",
    re.IGNORECASE,
)
_PER_MONTH = re.compile(r"/\s*(?:mo|mth|month|monat|mois|mes|mês|mese|maand|mies|měs|mån|md|mnd|kk|міс|мес|ay)\b|\b\d+\s*[x×]\s*(?=\D{0,4}\d)", re.IGNORECASE)  # fmt: skip


_LETTER = re.compile(r"[^\W\d_]|×")
"""Without one, a text beside an amount names neither a unit nor a month."""
_CENTS_DIGITS = 2
_MOST_NUMBERS = 12
"""Of one line; with more it is a table."""


@dataclass(frozen=True, kw_only=True)
class PriceHints:
    """What else is known of the prices of a page."""

    locale: str | None = None
    currency: str | None = None
    """An ISO code or symbol."""
    clear_text: str | None = None
    """Another price text of the page, whose decimal mark is beyond doubt."""
    known: frozenset[Decimal] = frozenset()
    """Amounts of the product data."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One amount in a line."""

    price: PriceText
    high: Decimal | None = None
    """The upper end, where the amount is the lower end of a range."""
    before: str = ""
    after: str = ""
    is_alone: bool = True
    """The line holds no other amount."""
    has_mark: bool = True
    """A currency is written beside it."""

    @property
    def is_signed(self) -> bool:
        """Whether it is added or taken off: `+5 €`, `-5 €`; a dash before a space only parts."""
        return bool(self.before and _SIGNED.search(self.before))

    @property
    def is_per_unit(self) -> bool:
        """`/kg`, `je 100 g`, `1 l =`."""
        after, before = self.after[:24], self.before[-16:]
        return bool(
            (_LETTER.search(after) and _PER_UNIT.search(after))
            or (_LETTER.search(before) and _PER_UNIT.search(f"{before}1 ="))
        )

    @property
    def is_per_month(self) -> bool:
        """`/mo`, `24 x`."""
        after, before = self.after[:24], self.before[-16:]
        return bool(
            (_LETTER.search(after) and _PER_MONTH.search(after))
            or (_LETTER.search(before) and _PER_MONTH.search(f"{before}1"))
        )


# One number and one currency, or none, as most prices are written: there is nothing to find out.
_PLAIN = re.compile(r"(?P<before>(?:[^\s\w.,+-]{1,3}|[A-Z]{3})\s?)?(?P<whole>\d{1,3}(?:(?P<group>[., ])\d{3}(?:(?P=group)\d{3})*)?|\d{4,9})"
                    r"(?:(?P<mark>[.,])(?P<cents>\d{2}))?(?P<behind>\s?[^\s\d.,+%*/-]{1,3}\.?)?(?P<rest>/ ?[^\W\d]{1,10})?")  # fmt: skip


def _plain_price(text: str, hints: PriceHints) -> Piece | None:
    """The price of a text that can be read in one way only; None for all others."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    before, whole, group, mark, cents, behind, rest = match.groups("")
    if (before and behind) or (rest and not (before or behind)) or (group and (group == mark or whole[0] == "0")):
        return None
    is_price, has_mark, currency = _told_beside(before, behind, group, mark, hints.locale, hints.currency)
    if not is_price or (cents and currency and decimals_of(currency) != _CENTS_DIGITS and cents != "00"):
        return None
    digits = whole.replace(group, "") if group else whole
    price = PriceText(raw=text, amount=Decimal(f"{digits}.{cents}" if cents else digits), currency=currency)
    return Piece(price=price, before=before, after=behind + rest, has_mark=has_mark)


@lru_cache(maxsize=1_000)
def _told_beside(
    before: str, behind: str, group: str, mark: str, locale: str | None, hint: str | None
) -> tuple[bool, bool, str | None]:
    """Whether a number in this form is a price here, whether a currency is written, and which; None where that stays open."""
    whole, cents = f"1{group}250", "50" if mark else ""
    text = f"{before}{whole}{mark}{cents}{behind}"
    read = read_price(text, locale=locale, currency_hint=hint)
    has_mark = bool(find_currencies(text))
    is_price = read.amount == (Decimal("1250.50") if mark else 1250)
    return is_price and (has_mark or not (before or behind)), has_mark, read.currency


def pieces_of(text: str, hints: PriceHints) -> list[Piece]:
    """The amounts of a line: its one price, the ends of a range as one, or several, each with the words around it."""
    if (plain := _plain_price(text, hints)) is not None:
        return [plain]
    has_money = bool(MONEY.search(text))
    has_several = has_money and len(_NUMBER.findall(text)) > 1
    several = _several(text, hints) if has_several else []
    if len(several) > 1:
        ends = _range(text, hints)
        return [ends] if ends else several
    price = _settled(read_price(text, locale=hints.locale, currency_hint=hints.currency), hints)
    if price.amount is None:
        ends = _range(text, hints)
        return [ends] if ends else [replace(piece, is_alone=True) for piece in several]
    if several and not _has_cents_of(price.amount, several[0].price.amount):
        return [replace(several[0], is_alone=True)]
    before, after = _around_number(text)
    return [Piece(price=price, before=before, after=after, has_mark=has_money or bool(find_currencies(text)))]


def _range(text: str, hints: PriceHints) -> Piece | None:
    """The two ends of a range as one."""
    ends = read_range(text, locale=hints.locale, currency_hint=hints.currency)
    if ends is None or ends[1].amount is None:
        return None
    before, after = _around_number(text)
    return Piece(price=replace(ends[0], raw=text), high=ends[1].amount, before=before, after=after)


def _has_cents_of(whole_text: Decimal | None, beside_mark: Decimal | None) -> bool:
    """Whether the text as a whole adds only cents to the number beside its currency: `19 € 99`."""
    return whole_text is not None and beside_mark is not None and int(whole_text) == beside_mark


def _settled(price: PriceText, hints: PriceHints) -> PriceText:
    """A text with two readings, settled by another price text of the page or by an amount of the product data."""
    if price.outcome != "needs_review":
        return price
    if hints.clear_text:
        again = read_price(price.raw, locale=hints.locale, currency_hint=hints.clear_text)
        if again.amount is not None:
            return replace(price, amount=again.amount, outcome="ok")
    numbers = find_numbers(plain_text(price.raw))
    possible = readings(numbers[0], Hints()) if len(numbers) == 1 else []
    agreed = [amount for amount in possible if amount.normalize() in hints.known]
    return replace(price, amount=agreed[0], outcome="ok") if len(agreed) == 1 else price


_NUMBER = re.compile(r"\d(?:[\d.,'’٫]| (?=\d{3}))*")


def _around_number(text: str) -> tuple[str, str]:
    """What stands before and behind a text's amount: the number with a currency, else the first."""
    money = MONEY.search(text)
    number = _NUMBER.search(text, money.start() if money and not text[money.start()].isdigit() else 0)
    if money and text[money.start()].isdigit():
        number = next((m for m in _NUMBER.finditer(text) if m.end() > money.start()), number)
    return (text[: number.start()], text[number.end() :]) if number else ("", "")


def _several(raw: str, hints: PriceHints) -> list[Piece]:
    """`Was $199 now $149`: each number with a currency beside it is an amount of its own."""
    text = plain_text(raw)
    numbers = find_numbers(text)[:_MOST_NUMBERS]
    is_before = bool(numbers and _MARK_BEFORE.search(text, 0, numbers[0].start))
    money: list[tuple[int, int, str]] = []
    used = 0
    for index, number in enumerate(numbers):
        end = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        span = _with_mark(
            text, (max(used, numbers[index - 1].end if index else 0), number.start, number.end, end), is_before
        )
        if span is not None:
            money.append((number.start, number.end, text[span[0] : span[1]]))
            used = span[1]
    found: list[Piece] = []
    for index, (first, last, part) in enumerate(money):
        plain = _plain_price(part, hints)
        price = (
            plain.price
            if plain
            else _settled(read_price(part, locale=hints.locale, currency_hint=hints.currency), hints)
        )
        if price.amount is not None:
            before = text[money[index - 1][1] if index else 0 : first]
            after = text[last : money[index + 1][0] if index + 1 < len(money) else len(text)]
            found.append(Piece(price=price, before=before, after=after, is_alone=False))
    return found


_MARK_BEFORE = re.compile(rf"(?:{_MARK})[\s:.]{{0,2}}$")
_MARK_BEHIND = re.compile(rf"[\s.,]{{0,2}}[-*]?\s?(?:{_MARK})")


def _with_mark(text: str, spans: tuple[int, int, int, int], is_before: bool) -> tuple[int, int] | None:
    """Where the number and its currency stand; None where it has none.

    Args:
        text: of the line.
        spans: where the text before the number begins, the number, where it ends, and where the text behind it ends.
        is_before: currencies stand before their numbers in this line.
    """
    start, first, last, end = spans
    before = _MARK_BEFORE.search(text, start, first)
    behind = _MARK_BEHIND.match(text, last, end)
    if before and (is_before or not behind):
        return before.start(), last
    return (first, behind.end()) if behind else None
