"""How much is in a pack, and what a kilogram, a litre or a piece costs: `12 x 330 ml`, `(1 l = 3,98 €)`, `£0.70/ea`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from pricewatch_pipeline.parsing.currencies import find_currencies
from pricewatch_pipeline.parsing.phrases import as_written, folded
from pricewatch_pipeline.parsing.price_text import read_price

_UNITS: dict[tuple[str, str], str] = {
    ("kg", "1"): """
            kg|kgs|kgm|kilo|kilos|kilogram|kilograms|kilogramm|kilogramme|kilogrammes|kilogramo|kilogramos|quilo|
            quilograma|chilo|chilogrammo|chilogrammi|kilogramu|kilogramov|kilogrami|кг|килограмм|килограмма|
            килограм|кілограм|κιλο|κιλα|กก|กิโลกรัม|公斤|千克|キロ|كجم|كيلو|كغ|کیلو|کیلوگرم|קג|ק ג|קילו|किलो|किग्रा
            """,
    ("kg", "0.1"): "hg|hekto|etto|этти",
    ("kg", "0.01"): "dkg|dag|deka",
    ("kg", "0.001"): """
            g|gr|grs|grm|gms|gm|gram|grams|gramm|gramme|grammes|gramo|gramos|grama|gramas|grammo|grammi|gramu|
            gramow|г|гр|грамм|грамма|грамів|γρ|γραμμαρια|克|グラム|กรัม|غرام|جرام|جم|گرم|גרם|גר|ग्राम
            """,
    ("kg", "0.45359237"): "lb|lbs|lbr|pound|pounds",
    ("kg", "0.028349523125"): "oz|onz|ounce|ounces",
    ("l", "0.0295735295625"): "fl oz|floz|fluid ounce|fluid ounces|oza",
    ("l", "1"): """
            l|lt|ltr|ltrs|liter|liters|litre|litres|litro|litros|litri|litr|litru|litry|litrow|litra|litar|litara|л|
            литр|литра|літр|λιτρο|λιτρα|ลิตร|升|公升|リットル|ℓ|لتر|لیتر|ליטר|लीटर|lit|liitri|litras|litrs
            """,
    ("l", "100"): "hl",
    ("l", "0.1"): "dl|дл|dlt",
    ("l", "0.01"): "cl|clt|сл|cls",
    ("l", "0.001"): """
            ml|mlt|millilitre|millilitres|milliliter|milliliters|mililitro|mililitros|millilitri|мл|миллилитр|มล|
            มิลลิลิตร|毫升|ミリリットル|مل|میل|מל|מ ל|मिली|cc
            """,
    ("m", "1"): "m|mtr|mtk 1|meter|meters|metre|metres|metro|metros|metri|metr|metru|metry|lfm|lfdm|lm|ml lineaire|bm|mb|м|метр|пог м|เมตร|米|متر|מטר",
    ("m2", "1"): "m2|m²|qm|sqm|sq m|kvm|mtk|m 2|м2|м²|кв м|mq|ตร ม|平方米|平米|متر مربع|neliometri|qm2",
    ("m2", "0.09290304"): "sq ft|sqft|ft²|ft2|square foot|square feet",
    ("m3", "1"): "m3|m³|cbm|mtq|м3|м³|立方米|rm",
    ("piece", "1"): """
            stuck|stk|stck|st|piece|pieces|pc|pcs|pce|each|ea|unit|units|item|items|count|ct|h87|c62|unite|unites|u|
            pza|pzas|pieza|piezas|ud|uds|unidad|unidades|und|unidade|un|pz|pezzo|pezzi|stuks|stuk|styck|stycken|kpl|
            kappale|szt|sztuk|sztuka|sztuki|ks|kus|kusu|kusy|kom|komad|komada|kos|kosov|db|darab|buc|bucata|bucati|
            шт|штук|штука|штуки|бр|броя|брой|adet|τεμ|τεμαχιο|τεμαχια|tk|vnt|gab|個|个|個入|件|枚|枚入|本|本入|袋入|粒|片|개|매|입|
            ชิ้น|cai|chiec|יח|יחידה|יחידות|قطعة|حبة|عدد|नग|piesa|tablet|tablets|tabletten|capsule|capsules|kapseln|
            tabs|caps|roll|rolls|rollen|sheets|blatt|beutel|bags|teabags|wipes|pads|pods|dose|dosen|flasche|
            flaschen|bottles|cans|portion|portionen|wl|waschladung|washes|wash|loads|load|lavages|lavaggi|lavados|
            praní|pran|dosettes|cialde
            """,
}  # fmt: skip
_FACTORS = {
    folded(word.strip()): (unit, Decimal(factor))
    for (unit, factor), words in _UNITS.items()
    for word in words.split("|")
    if word.strip()
}
_SMALL = frozenset({"kg", "l"})
_BIG_FACTOR = Decimal("0.5")


def _alternatives(words: list[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"[ .]?") for word in sorted(words, key=len, reverse=True))


_UNIT = rf"(?:{_alternatives(list(_FACTORS))})"
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_MEASURE = re.compile(
    rf"(?<![\w.,])(?:(?P<times>\d{{1,4}}) ?[x×*х] ?)?(?P<number>{_NUMBER}) ?(?P<unit>{_UNIT})(?![\w²³/])(?: ?[x×*х] ?(?P<after>\d{{1,4}})(?![\d\w.,]))?"
)
_PACK_OF = re.compile(
    r"(?<!\w)(?:(?:pack|packs|set|sets|lot|lots|box|case|multipack|paquete|confezione|pacco|pak|pakke|pakkaus|paket|sada|zestaw|komplet|набор|"
    r"упаковка|комплект|caja|boite|karton) (?:of|de|da|van|mit|med|с|из|по|à|a) (?P<of>\d{1,4})"
    r"|(?P<er>\d{1,4}) ?(?:er|ks|-)? ?(?:pack|packung|pak|paket|set|pk|パック|入り|包|入)"
    r"|(?P<count>\d{1,4}) ?(?:count|ct))(?!\w)"
)
_PER = r"(?:/|per|pro|je|par|por|za|za kazdy|na|al|au|le|la|el|il|les|the|a|för|for|i|od|от|за|на|ανα|毎|每|당|ต่อ|לכל|ל|لكل|mỗi|moi|=|(?=each))"
_MONEY = r"(?P<money>(?:[^\d\s/=()]{1,4} ?)?\d[\d.,' ]*(?: ?[^\d\s/=()]{1,5})?)"
_PRICE_PER = re.compile(rf"(?<![\w.,]){_MONEY} ?{_PER} ?(?P<number>{_NUMBER})? ?(?P<unit>{_UNIT})(?![\w²³])")
_PER_PRICE = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER}) ?(?P<unit>{_UNIT}) ?(?:=|≙|:|–|-|entspricht|costs?|à|あたり|当たり|당) ?{_MONEY}(?![\w])"
)
_LABELLED = re.compile(
    rf"(?<!\w)(?:(?:preis|price|prix|precio|preco|prezzo|prijs|cena|ar|pret|цена|ціна|τιμη|fiyat|pris|hinta|hind|kaina)\w* {_PER}|[€$£¥₹₽₴₺₩₫฿]|eur|zl|kc|kr|ft) ?/? ?"
    rf"(?P<number>{_NUMBER})? ?(?P<unit>{_UNIT}) ?[:=]? ?{_MONEY}(?![\w])"
)
_PER_MEASURE = re.compile(
    rf"(?<!\w)(?:per|pro|je|par|por|za|на|за|на) (?P<number>{_NUMBER}) ?(?P<unit>{_UNIT}) ?[:=]? ?{_MONEY}(?![\w])"
)
_HINT = re.compile(r"[/=≙]|あたり|当たり|(?<!\w)(?:per|pro|je|par|por|za|al|au|le|from|each|na|по|за|ανα|每|당)(?!\w)")
_MEMORY = re.compile(r"\b(?:[2-6]|8|12|16|24|32|64|128|256|512)G\b")
"""Gigabytes and generations of mobile networks, not grams."""
_LONGEST = 160
SMALLEST = Decimal("0.0001")
"""What is finer is not stored."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How much of something, in kg, l, m, m2, m3 or pieces."""

    amount: Decimal
    unit: str
    is_written_small: bool = False
    """Written in grams, millilitres or as so many times a measure, as packs are and machines are not."""


@dataclass(frozen=True, kw_only=True)
class UnitPrice:
    """What one kg, l, m, m2, m3 or piece costs."""

    amount: Decimal
    per: str
    currency: str | None = None
    raw: str = ""


def measure(number: str, unit: str) -> Measure | None:
    """A number and a unit as they are written, or as UN/CEFACT's code says it."""
    exact = _exact(number, unit)
    amount = exact.amount.quantize(SMALLEST) if exact else None
    return replace(exact, amount=_plain(amount.normalize())) if exact and amount else None


def _exact(number: str, unit: str) -> Measure | None:
    known = _FACTORS.get(folded(unit).strip(" ."))
    if known is None:
        return None
    name, factor = known
    amount = _decimal(number, has_thousands=factor < _BIG_FACTOR or name == "piece")
    return Measure(amount=amount * factor, unit=name, is_written_small=factor < _BIG_FACTOR) if amount else None


def _decimal(text: str, *, has_thousands: bool) -> Decimal | None:
    """`1.500` is a thousand and a half of grams, but one and a half of kilograms."""
    whole, mark, part = text.replace(",", ".").partition(".")
    if mark and len(part) == 3 and has_thousands and whole != "0":
        whole, part = whole + part, ""
    return Decimal(f"{whole}.{part or 0}") if whole.isdigit() and (not part or part.isdigit()) else None


def packs_in(text: str) -> list[Measure]:
    """The measures of a text that may be a pack's: `6 x 1,5 l` is nine litres, `Pack of 6` six pieces."""
    plain = folded(_MEMORY.sub(" ", text[:_LONGEST]))
    found = [pack for match in _MEASURE.finditer(plain) if (pack := _pack_of(match)) is not None]
    pieces = [int(next(filter(None, match.groups()))) for match in _PACK_OF.finditer(plain)]
    weights = [pack for pack in found if pack.unit != "piece"]
    counts = dict.fromkeys((*map(Decimal, pieces), *(pack.amount for pack in found if pack.unit == "piece")))
    return weights + [Measure(amount=count, unit="piece") for count in counts if count > 1]


def _pack_of(match: re.Match[str]) -> Measure | None:
    found = measure(match["number"], match["unit"])
    times = int(match["times"] or match["after"] or 1)
    if found is None or not times:
        return None
    return Measure(
        amount=_plain((found.amount * times).normalize()),
        unit=found.unit,
        is_written_small=found.is_written_small or times > 1,
    )


def unit_price_in(text: str, *, locale: str | None = None, currency_hint: str | None = None) -> UnitPrice | None:
    """What a text says that a unit costs, turned into one kg, l, m, m2, m3 or piece; None where it says no such thing."""
    if len(text) > _LONGEST or not (_HINT.search(text.lower()) and any(map(str.isdigit, text))):
        return None
    plain = folded(text)
    source = as_written(text, plain)
    for match in _matches(plain):
        found = _exact(match["number"] or "1", match["unit"])
        money = source[match.start("money") : match.end("money")].strip()
        if not find_currencies(money) and match.re is not _LABELLED:
            continue
        price = read_price(money, locale=locale, currency_hint=currency_hint)
        if found is not None and price.amount and found.amount and (price.currency or match.re is _LABELLED):
            amount = (price.amount / found.amount).quantize(SMALLEST).normalize()
            return UnitPrice(amount=_plain(amount), per=found.unit, currency=price.currency, raw=match[0].strip())
    return None


def _matches(plain: str) -> Iterator[re.Match[str]]:
    for pattern in (_PER_PRICE, _PRICE_PER, _LABELLED, _PER_MEASURE):
        yield from pattern.finditer(plain)


def _plain(amount: Decimal) -> Decimal:
    """Without an exponent: 1E+1 is 10."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def fits(price: Decimal, unit_price: UnitPrice, pack: Measure) -> bool:
    """Whether a price is what the unit price and the pack's size make it, but for rounding."""
    expected = unit_price.amount * pack.amount
    return unit_price.per == pack.unit and abs(expected - price) <= max(price * Decimal("0.03"), Decimal("0.02"))
