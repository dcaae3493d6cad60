"""Every amount of money in the visible text, with what is noticed about it: its words, its place, its neighbours."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from pricewatch_pipeline.domain.offers import PriceRole, PriceText
from pricewatch_pipeline.domain.sightings import TEXT, Sighting
from pricewatch_pipeline.parsing.boxes import Box
from pricewatch_pipeline.parsing.class_words import word_set
from pricewatch_pipeline.parsing.layout import Layout, Line
from pricewatch_pipeline.parsing.numbers import find_numbers, plain_text
from pricewatch_pipeline.parsing.price_labels import Label, labels_in
from pricewatch_pipeline.parsing.price_text import read_price, read_range

MOST_LINES = 70
"""Lines whose amounts are read, the ones nearest to the title; a list of a thousand products adds nothing."""
LONGEST_LINE = 200
"""Characters; what is longer is prose."""

_DIGIT = re.compile(r"\d")
_CODES = (
    "EUR|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|HRK|RSD|MKD|BAM|ALL|MDL|UAH|RUB|BYN|BYR|KZT|UZS|GEL|AMD|AZN|TRY|ILS"
    "|AED|SAR|QAR|KWD|BHD|OMR|JOD|EGP|MAD|TND|DZD|LBP|IQD|IRR|PKR|INR|BDT|LKR|NPR|CNY|RMB|JPY|KRW|TWD|NTD|HKD|SGD|MYR|IDR|THB"
    "|VND|PHP|AUD|NZD|CAD|MXN|ARS|CLP|COP|PEN|UYU|BRL|PYG|BOB|ZAR|NGN|KES|GHS|DHS|Dhs|LEI"
)
_WORDS = (
    r"kr\.?|zł|[Kk]č|Ft|[Ll]ei|лв\.?|руб\.?|[Рр]\.|б\.р|р|грн\.?|ден\.?|дин\.?|din\.?|kn|Rs\.?|RM|Rp\.?|TL|SFr\.?|Fr\.|сум|тг|"
    r"درهم|ريال|ر\.س|جنيه|تومان|د\.إ|บาท|đ|vnđ|VNĐ|[Ee]uros?|Лей|лей"
)
_MARK = rf"[$€£¥₹₽₴₺₩₫฿₪₱₦￥₸₾₼元円원圓¢]|(?<![^\W\d_])(?:{_CODES}|{_WORDS}|(?<!\S)R)(?![^\W\d_])"
_MONEY = re.compile(rf"(?:{_MARK})[\s:.]{{0,2}}\d|\d[\s.,]{{0,2}}[-*]?\s?(?:{_MARK})|\d[.,] ?-(?!\d)")
_CENTS = re.compile(r"\d[.,'٫]\d{2}(?!\d)")
_BARE = re.compile(r"\W{0,6}\d{1,3}(?:[ .,'’]?\d{3})*(?:[.,]\d{1,3})?\W{0,4}")
_SIGNED = re.compile(rf"(?:[-−–]|\+\s?)(?:{_MARK})?$")
"""A surcharge or a deduction: `+5 €`, `-5 €`; a dash before a space only parts."""
_PER_UNIT = re.compile(
    r"(?:/|\bper\b|\bpro\b|\bje\b|\bpor\b|\bal\b|\bза\b|\bza\b|\bpr\.?)\s*(?:\d+(?:[.,]\d+)?\s*)?"
    r"(?:kg|g|gr|l|lt|ltr|ml|cl|dl|m|m2|m²|m³|cm|ft|sq|oz|lb|lbs|kilo|liter|litre|litro|ea|each|count|ct|stk|st|szt|ks|ud|unidad|pc|pcs|кг|г|л|мл|шт|м)\b"
    r"|\d\s*(?:kg|g|l|ml|cl|m|кг|г|л|мл)\s*=",
    re.IGNORECASE,
)
_PER_MONTH = re.compile(r"/\s*(?:mo|mth|month|monat|mois|mes|mês|mese|maand|mies|měs|mån|md|mnd|kk|міс|мес|ay)\b|\b\d+\s*[x×]\s*(?=\D{0,4}\d)", re.IGNORECASE)  # fmt: skip

_CLASS_LABELS: dict[str, frozenset[str]] = {
    "price": word_set("price prices pricing preis prix precio preco prezzo prijs cena amount money cost fiyat pris hinta pret"),
    "now": word_set("now current final sale sales special actual our selling sell promo promotion discounted offer offers reduced new your today main primary deal"),
    "list": word_set("list old was msrp rrp uvp srp mrp regular compare before strike striked retail original previous base crossed standard full recommended"),
    "saving": word_set("save saving savings saved discount off percent percentage reduction rabatt"),
    "unit": word_set("unit per ppu measure baseprice basic grundpreis kilo comparison"),
    "instalment": word_set("installment installments instalment instalments monthly month emi finance financing credit rate leasing loan mo"),
    "shipping": word_set("shipping delivery freight versand ship postage fulfillment"),
    "conditional": word_set("member members club loyalty card coupon coupons voucher subscribe subscription subscriber autoship rewards reward cashback promocode"),
    "without_tax": word_set("excl excluding exclusive net netto novat notax untaxed"),
    "with_tax": word_set("incl including inclusive gross brutto taxed"),
    "used": word_set("used refurbished renewed secondhand preowned"),
    "extra": word_set("warranty insurance protection addon addons service services extra extras surcharge deposit option options"),
    "cart": word_set("cart basket subtotal total totals minicart checkout"),
    "from": word_set("from min low lowest starting range"),
    "up_to": word_set("max high highest to"),
    "points": word_set("points point bonus"),
    "quantity": word_set("tier tiers bulk quantity qty scale staffel volume"),
    "other_offer": word_set("seller sellers merchant merchants competitor competitors alternative other others"),
}  # fmt: skip
_LARGE = word_set(
    "large larger largest big bigger xl xxl xlarge lg huge main primary highlight display title h1 h2 h3 bold strong hero"
)
_ITEM_TAGS = frozenset({"li", "tr", "article", "option"})
_ROLE_OF = {
    "instalment": PriceRole.INSTALMENT,
    "unit": PriceRole.UNIT_PRICE,
    "shipping": PriceRole.SHIPPING,
    "saving": PriceRole.SAVING,
    "conditional": PriceRole.CONDITIONAL,
    "without_tax": PriceRole.WITHOUT_TAX,
    "used": PriceRole.USED,
    "extra": PriceRole.EXTRA,
    "list": PriceRole.LIST_PRICE,
    "lowest_before": PriceRole.OTHER,
    "points": PriceRole.OTHER,
    "cart": PriceRole.OTHER,
}
_SAID_BEHIND = frozenset({Label.UNIT, Label.INSTALMENT, Label.WITH_TAX, Label.WITHOUT_TAX, Label.CONDITIONAL})
"""What a line of its own behind an amount may say of it: `per month`; a `delivery` behind it speaks of something else."""
_WORDY = 7
"""Words of a line; with more it is a sentence."""
_NEAR_TITLE, _MID_TITLE = 12, 45
_NEAR_BUY, _MID_BUY = 8, 25
_SAME_BLOCK = 4
"""Levels above the title, or the buy button, that still count as its block."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """One amount in a line, with the words before and behind it."""

    price: PriceText
    high: Decimal | None = None
    before: str = ""
    after: str = ""
    is_alone: bool = True
    has_mark: bool = True


@dataclass(kw_only=True)
class _Page:
    """What the lines of a page are compared with."""

    layout: Layout
    title: Line | None
    buys: Sequence[tuple[int, Box]]
    title_boxes: frozenset[Box]
    """Those around the title, up to a few levels."""
    buy_boxes: frozenset[Box]


def visible_prices(
    layout: Layout, *, buys: Sequence[tuple[int, Box]], locale: str | None = None, currency_hint: str | None = None
) -> list[Sighting]:
    """The amounts in a page's text.

    Args:
        layout: the page's.
        buys: (line, element) of each button that buys the product.
        locale: as for `read_price`.
        currency_hint: as for `read_price`.
    """
    title = layout.title_line
    page = _Page(
        layout=layout,
        title=title,
        buys=buys,
        title_boxes=_around([title.box] if title else []),
        buy_boxes=_around(box for _, box in buys[:3]),
    )
    lines = _money_lines(layout, title)
    repeated = _repeated(lines, title)
    found: list[tuple[Line, Sighting]] = []
    memo: dict[str, list[_Piece]] = {}
    for line in lines:
        pieces = memo.get(line.text)
        if pieces is None:
            pieces = memo[line.text] = _pieces(line.text, locale, currency_hint)
        found += ((line, _sighting(page, line, piece, line.number in repeated)) for piece in pieces)
    return _compared(found, [number for number, _ in buys])


def _money_lines(layout: Layout, title: Line | None) -> list[Line]:
    """Lines with an amount of money, in document order; of too many, those nearest to the title."""
    names = {title.text, *layout.title_texts} if title else set(layout.title_texts)
    found = [line for line in layout.lines if _is_money(line) and line.text not in names]
    if len(found) > MOST_LINES:
        at = title.number if title else 0
        nearest = sorted(found, key=lambda line: (line.region in ("related", "footer"), abs(line.number - at)))
        found = sorted(nearest[:MOST_LINES], key=lambda line: line.number)
    return found


def _is_money(line: Line) -> bool:
    """Whether a line shows an amount with a currency, or one that its class names call a price."""
    text = line.text
    if len(text) > LONGEST_LINE or not _DIGIT.search(text):
        return False
    return bool(_MONEY.search(text)) or bool((_CENTS.search(text) or _BARE.fullmatch(text)) and _is_price_class(line))


def _is_price_class(line: Line) -> bool:
    return any(not _CLASS_LABELS["price"].isdisjoint(box.words) for box in (*line.boxes, *_up(line.box, 3)))


def _up(box: Box, levels: int) -> list[Box]:
    found = [box]
    while len(found) <= levels and found[-1].parent is not None:
        found.append(found[-1].parent)
    return found


def _around(boxes: Iterable[Box]) -> frozenset[Box]:
    return frozenset(around for box in boxes for around in _up(box, _SAME_BLOCK) if around.parent is not None)


# The amounts of one line


def _pieces(text: str, locale: str | None, hint: str | None) -> list[_Piece]:
    """The amounts of a line: its one price, the ends of a range as one, or several, each with the words around it."""
    price = read_price(text, locale=locale, currency_hint=hint)
    if price.outcome == "needs_review":
        return []
    marks = len(_MONEY.findall(text))
    several = _several(text, locale, hint) if marks > 1 else []
    if price.amount is not None and len(several) < 2:
        if several:
            return [replace(several[0], is_alone=True)]
        before, after = _around_number(text)
        return [_Piece(price=price, before=before, after=after, has_mark=marks > 0)]
    ends = read_range(text, locale=locale, currency_hint=hint)
    if ends is not None and ends[1].amount is not None:
        before, after = _around_number(text)
        return [_Piece(price=replace(ends[0], raw=text), high=ends[1].amount, before=before, after=after)]
    return several


_NUMBER = re.compile(r"\d(?:[\d.,'’٫]| (?=\d{3}))*")


def _around_number(text: str) -> tuple[str, str]:
    """What stands before and behind a text's amount: the number with a currency, else the first."""
    money = _MONEY.search(text)
    number = _NUMBER.search(text, money.start() if money and not text[money.start()].isdigit() else 0)
    if money and text[money.start()].isdigit():
        number = next((m for m in _NUMBER.finditer(text) if m.end() > money.start()), number)
    return (text[: number.start()], text[number.end() :]) if number else ("", "")


def _several(raw: str, locale: str | None, hint: str | None) -> list[_Piece]:
    """`Was $199 now $149`: each number with a currency beside it is an amount of its own."""
    text = plain_text(raw)
    numbers = find_numbers(text)[:12]
    found: list[_Piece] = []
    for index, number in enumerate(numbers):
        start = numbers[index - 1].end if index else 0
        end = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        part = _with_mark(text, start, number.start, number.end, end)
        if part is None:
            continue
        price = read_price(part, locale=locale, currency_hint=hint)
        if price.amount is not None:
            before, after = text[start : number.start], text[number.end : end]
            found.append(_Piece(price=price, before=before, after=after, is_alone=False))
    return found


_MARK_BEFORE = re.compile(rf"(?:{_MARK})[\s:.]{{0,2}}$")
_MARK_BEHIND = re.compile(rf"[\s.,]{{0,2}}[-*]?\s?(?:{_MARK})")


def _with_mark(text: str, start: int, first: int, last: int, end: int) -> str | None:
    """The number with its currency; None where it has none."""
    if behind := _MARK_BEHIND.match(text, last, end):
        return text[first : behind.end()]
    if before := _MARK_BEFORE.search(text, start, first):
        return text[before.start() : last]
    return None


# What is noticed of one


def _sighting(page: _Page, line: Line, piece: _Piece, is_repeated: bool) -> Sighting:
    traits = {TEXT}
    labels = _labels(page, line, piece, traits)
    _add_place(page, line, traits)
    _add_looks(line, piece, traits)
    if is_repeated:
        traits.add("repeated")
    amount = piece.price.amount
    return Sighting(
        source=TEXT,
        place=f"line {line.number}: {line.box.tag}",
        raw=line.text if piece.is_alone else piece.price.raw,
        amount=amount if amount is not None else Decimal(0),
        currency=piece.price.currency,
        has_currency=piece.has_mark,
        high=piece.high,
        role=_role(labels, traits),
        order=line.number,
        traits=frozenset(traits),
    )


def _labels(page: _Page, line: Line, piece: _Piece, traits: set[str]) -> set[str]:
    """What the words beside an amount, and class names, call it; noted as traits. Those of its own line."""
    own = {str(label) for label in labels_in(piece.before.strip()) | labels_in(piece.after.strip())}
    if _PER_UNIT.search(piece.after[:24]) or _PER_UNIT.search(piece.before[-16:] + "1 ="):
        own.add("unit")
    if _PER_MONTH.search(piece.after[:24]) or _PER_MONTH.search(piece.before[-16:] + "1"):
        own.add("instalment")
    traits.update(f"label_{label}" for label in own)
    traits.update(f"near_{label}" for label in _beside(page, line, -1, 60))
    traits.update(f"next_{label}" for label in _beside(page, line, 1, 40) if label in _SAID_BEHIND)
    boxes = _up(line.box, 4)
    inner = frozenset(word for box in (*line.boxes, *boxes[:2]) for word in box.words)
    outer = frozenset(word for box in boxes[2:] for word in box.words) - inner
    traits.update(_class_traits("class", inner))
    traits.update(_class_traits("outer", outer))
    return own


def _beside(page: _Page, line: Line, step: int, longest: int) -> frozenset[Label]:
    """What the line before, or behind, calls the amount: a short one of the same block that holds no amount itself."""
    number = line.number + step
    if not 0 <= number < len(page.layout.lines):
        return frozenset()
    other = page.layout.lines[number]
    if len(other.text) > longest or not _is_beside(line, other) or _MONEY.search(other.text):
        return frozenset()
    return labels_in(other.text)


@lru_cache(maxsize=10_000)
def _class_traits(prefix: str, words: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"{prefix}_{label}" for label, known in _CLASS_LABELS.items() if not known.isdisjoint(words))


def _is_beside(line: Line, other: Line) -> bool:
    """Whether two lines are in one small block: three levels up at most."""
    mine = _up(line.box, 3)
    return any(box in mine for box in _up(other.box, 3))


def _add_place(page: _Page, line: Line, traits: set[str]) -> None:
    if line.region != "main":
        traits.add(f"region_{line.region}")
    if page.title is None:
        traits.add("title_none")
    else:
        behind = line.number - page.title.number
        traits.add(
            "title_before" if behind < 0 else "title_near" if behind <= _NEAR_TITLE
            else "title_mid" if behind <= _MID_TITLE else "title_far"
        )  # fmt: skip
    if not page.buys:
        traits.add("buy_none")
    else:
        away = min(abs(number - line.number) for number, _ in page.buys)
        traits.add("buy_near" if away <= _NEAR_BUY else "buy_mid" if away <= _MID_BUY else "buy_far")
    around = _up(line.box, 6)
    if any(box in page.title_boxes for box in around):
        traits.add("title_same_block")
    if any(box in page.buy_boxes for box in around):
        traits.add("buy_same_block")


def _add_looks(line: Line, piece: _Piece, traits: set[str]) -> None:
    amount = piece.price.amount
    tags = {box.tag for box in _up(line.box, 4)}
    words = {word for box in (*line.boxes, *_up(line.box, 1)) for word in box.words}
    state = line.boxes[0].state
    told = {
        "hidden": state.is_hidden,
        "spoken": state.is_spoken,
        "struck": state.is_struck,
        "heading": state.heading > 0,
        "link": line.is_link,
        "control": line.control is not None,
        "with_currency": piece.has_mark,
        "with_cents": amount is not None and amount != amount.to_integral_value(),
        "range_low": piece.high is not None,
        "shares_line": not piece.is_alone,
        "wordy": len(line.text.split()) > _WORDY,
        "option": "option" in tags,
        "cell": "td" in tags or "th" in tags,
        "large": not _LARGE.isdisjoint(words),
        "signed": bool(_SIGNED.search(piece.before)),
    }
    traits.update(trait for trait, is_told in told.items() if is_told)


def _role(labels: set[str], traits: set[str]) -> PriceRole:
    """What an amount is by its words; the nearest words count."""
    if "region_related" in traits:
        return PriceRole.OTHER_PRODUCT
    for label, role in _ROLE_OF.items():
        if label in labels:
            return role
    if "struck" in traits:
        return PriceRole.LIST_PRICE
    if not {"now", "price", "with_tax"} & labels:
        for prefix in ("near", "class"):
            for label, role in _ROLE_OF.items():
                if f"{prefix}_{label}" in traits and not (prefix == "class" and "class_now" in traits):
                    return role
    return PriceRole.RANGE_LOW if "range_low" in traits else PriceRole.PRICE


# What only shows beside others


def _repeated(lines: Sequence[Line], title: Line | None) -> frozenset[int]:
    """Numbers of the lines that stand in one of three or more sibling elements of one kind, each with an amount."""
    mains = set(title.box.ancestors()) | {title.box} if title else set()
    families: dict[tuple[int, str, str], dict[int, tuple[Box, list[int]]]] = {}
    for line in lines:
        for box in _up(line.box, 8):
            if box.parent is None or box in mains:
                break
            kind = box.attributes.get("class") or ""
            if kind or box.tag in _ITEM_TAGS:
                family = families.setdefault((id(box.parent), box.tag, kind[:40]), {})
                family.setdefault(id(box), (box, []))[1].append(line.number)
    return frozenset(
        number
        for family in families.values()
        if len(family) > 2 and all(_is_item(box) for box in [box for box, _ in family.values()][:3])
        for _, numbers in family.values()
        for number in numbers
    )


def _is_item(box: Box) -> bool:
    """Whether an element is an entry of a list of products: it has a link and a picture."""
    return box.node.css_first("a[href]") is not None and box.node.css_first("img, picture, svg image") is not None


_LABELLED_OTHERWISE = frozenset(
    f"{prefix}_{label}"
    for prefix in ("label",)
    for label in ("list", "saving", "unit", "instalment", "shipping", "conditional", "without_tax", "used", "extra", "cart",
                  "points", "quantity", "lowest_before", "other_offer", "up_to")
) | {"struck", "hidden", "repeated", "region_related", "region_dialog", "region_cart", "region_footer", "region_navigation",
     "region_reviews", "option", "class_list", "class_saving", "class_unit", "class_instalment", "near_instalment",
     "class_shipping"}  # fmt: skip


def _compared(found: list[tuple[Line, Sighting]], buys: Sequence[int]) -> list[Sighting]:
    """With what shows only beside the others: which stands first, how often it is written, what is struck beside it."""
    found = [(line, _unstruck(line, sighting, found)) for line, sighting in found]
    amounts: dict[Decimal, int] = {}
    for _, sighting in found:
        amounts[sighting.amount] = amounts.get(sighting.amount, 0) + 1
    ranks = _ranks([sighting for _, sighting in found])
    closest = _closest_to_button([sighting for _, sighting in found], buys)
    result: list[Sighting] = []
    for index, (line, sighting) in enumerate(found):
        more = set()
        if (rank := ranks.get(sighting.amount)) is not None and "title_before" not in sighting.traits:
            more.add(rank)
        if sighting is closest:
            more.add("buy_closest")
        if amounts[sighting.amount] > 2:
            more.add("often")
        if sighting.amount == 0:
            more.add("zero")
        if "struck" not in sighting.traits and _has_struck_beside(line, sighting, found, index):
            more.add("beside_struck")
        if "shares_line" in sighting.traits and _is_lowest(line, sighting, found, index):
            more.add("low_of_line")
        result.append(replace(sighting, traits=sighting.traits | more) if more else sighting)
    return result


def _ranks(sightings: Sequence[Sighting]) -> dict[Decimal, str]:
    """The first two amounts behind the title that nothing speaks against."""
    clean = [
        s.amount
        for s in sightings
        if s.amount and "title_before" not in s.traits and s.traits.isdisjoint(_LABELLED_OTHERWISE)
    ]
    return dict(zip(dict.fromkeys(clean), ("first_shown", "second_shown"), strict=False))


def _closest_to_button(sightings: Sequence[Sighting], buys: Sequence[int]) -> Sighting | None:
    """Of the amounts that nothing speaks against, the last one before the first button that buys, else the first one behind."""
    if not buys:
        return None
    clean = [s for s in sightings if s.amount and s.traits.isdisjoint(_LABELLED_OTHERWISE)]
    before = [s for s in clean if 0 <= buys[0] - s.order <= _MID_BUY]
    behind = [s for s in clean if 0 < s.order - buys[0] <= _NEAR_BUY]
    return before[-1] if before else behind[0] if behind else None


def _has_struck_beside(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]], index: int) -> bool:
    return any(
        "struck" in other.traits and other.amount > sighting.amount and abs(at.number - line.number) <= 4
        for at, other in found[max(0, index - 4) : index + 5]
    )


def _unstruck(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]]) -> Sighting:
    if "struck" not in sighting.traits or not _is_lone(line, sighting, found):
        return sighting
    return replace(sighting, traits=(sighting.traits - {"struck"}) | {"lone_struck"}, role=PriceRole.PRICE)


def _is_lone(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]]) -> bool:
    """Whether only its class name calls it old, and no other amount near it could be the new one."""
    if any(box.tag in ("del", "s", "strike") for box in _up(line.boxes[0], 3)) or "label_list" in sighting.traits:
        return False
    return all(
        "struck" in other.traits or not other.traits.isdisjoint(_LABELLED_OTHERWISE) or other.amount >= sighting.amount
        for at, other in found
        if abs(at.number - line.number) <= 6
    )


def _is_lowest(line: Line, sighting: Sighting, found: list[tuple[Line, Sighting]], index: int) -> bool:
    return all(other.amount >= sighting.amount for at, other in found[max(0, index - 4) : index + 5] if at is line)
