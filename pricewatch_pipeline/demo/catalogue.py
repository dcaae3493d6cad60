"""What the demo shops are and sell, and what each thing costs at an instant: pure functions of the clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.domain.schedule import stable_hash

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK_PERIOD = timedelta(minutes=1)
_STOCK_PERIOD = timedelta(minutes=6)


class Markup(StrEnum):
    """How a shop tells machines its prices."""

    JSON_LD = "json_ld"
    MICRODATA = "microdata"
    META = "meta"
    NOTHING = "nothing"
    """The price is only in the page for people: the store needs strategies."""


class Quirk(StrEnum):
    """What makes a shop hard to watch."""

    SLOW = "slow"
    GUARDED = "guarded"
    """Shows a challenge instead of its pages now and then, with status 200."""
    SELLS_OUT = "sells_out"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One shop of the demo, on a port of its own."""

    shop_id: str
    name: str
    tagline: str
    locale: str
    currency: str
    markup: Markup
    accent: str
    """CSS colour."""
    quirk: Quirk | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that can be bought; a variant is an item too."""

    shop_id: str
    slug: str
    title: str
    brand: str
    base_price: Decimal
    description: str
    variant: str | None = None
    """What tells it from the other items of its group, such as `Blue, M`; they share a page."""
    hides_price_when_sold_out: bool = False
    availability: Availability = Availability.IN_STOCK

    @property
    def sku(self) -> str:
        name = f"{self.shop_id[:2]}-{self.slug}" + (f"-{self.variant}" if self.variant else "")
        return name.upper().replace(" ", "-")

    @property
    def path(self) -> str:
        """Path and query of the page on which exactly this item is chosen."""
        return f"/p/{self.slug}" + (f"?variant={self.sku}" if self.variant else "")

    @property
    def gtin(self) -> str:
        digits = f"29{stable_hash('gtin', self.shop_id, self.sku) % 10**10:010}"
        check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
        return f"{digits}{check}"


SHOPS: tuple[Shop, ...] = tuple(
    Shop(
        shop_id=shop_id,
        name=name,
        tagline=tagline,
        locale=locale,
        currency=currency,
        markup=markup,
        accent=accent,
        quirk=quirk,
    )
    for shop_id, name, tagline, locale, currency, markup, accent, quirk in [
        ("harbor", "Harbor & Home", "Good things for small rooms", "en-GB", "GBP", Markup.JSON_LD, "#1d5c63", None),
        ("linden", "Lindenhof Technik", "Technik, die bleibt", "de-DE", "EUR", Markup.MICRODATA, "#7a2e1d", None),
        ("sowa", "Sklep Sowa", "Dom i przygoda", "pl-PL", "PLN", Markup.META, "#3d5a1e", None),
        ("hikari", "ひかり電器", "暮らしに、あかりを", "ja-JP", "JPY", Markup.NOTHING, "#8a1538", None),
        ("slowboat", "Slow Boat Books", "Worth the wait", "en-US", "USD", Markup.JSON_LD, "#2b4a7f", Quirk.SLOW),
        ("fortress", "Fortress Audio", "Sound, well guarded", "en-US", "USD", Markup.JSON_LD, "#33323d", Quirk.GUARDED),
        ("dernier", "Dernier Cri", "Petites séries", "fr-FR", "EUR", Markup.JSON_LD, "#6b2d6b", Quirk.SELLS_OUT),
        ("trail", "Thread & Trail", "Clothes that go places", "en-US", "USD", Markup.JSON_LD, "#8a5a12", None),
    ]
)


def _item(
    shop_id: str, slug: str, title: str, brand: str, price: str, description: str, variant: str | None = None
) -> Item:
    return Item(
        shop_id=shop_id,
        slug=slug,
        title=title,
        brand=brand,
        base_price=Decimal(price),
        description=description,
        variant=variant,
    )


_JACKET = "Three layers, taped seams and a hood that turns with your head."
_SHOE = "A light shoe with a grippy sole for wet roots and dry rock."

ITEMS: tuple[Item, ...] = (
    _item("harbor", "oak-desk-lamp", "Oak Desk Lamp", "Northlight", "64", "Warm light on a turned oak base, dimmable."),
    _item(
        "harbor",
        "enamel-kettle",
        "Enamel Kettle 1.5 L",
        "Galley",
        "42",
        "Whistles softly. For gas, electric and induction.",
    ),
    _item(
        "harbor", "wool-throw", "Herringbone Wool Throw", "Fell & Dale", "89", "Woven in Yorkshire from undyed wool."
    ),
    _item(
        "harbor", "lounge-chair", "Skipper Lounge Chair", "Northlight", "1240", "Bent ash and leather; made to order."
    ),
    _item(
        "linden",
        "barista-7",
        "Kaffeevollautomat Barista 7",
        "Brühwerk",
        "1299",
        "Mahlwerk aus Keramik, sieben Getränke, leise.",
    ),
    _item(
        "linden",
        "akku-bohrschrauber",
        "Akku-Bohrschrauber 18 V",
        "Eisenhart",
        "179",
        "Zwei Gänge, zwei Akkus, ein Koffer.",
    ),
    _item("linden", "standmixer", "Standmixer Turbo 900", "Brühwerk", "89", "900 Watt für Suppen, Eis und Nussmus."),
    Item(
        shop_id="linden",
        slug="fahrradhelm",
        title="Fahrradhelm Urban",
        brand="Kopfsache",
        base_price=Decimal(59),
        description="Mit Rücklicht und Magnetverschluss. Erscheint im Herbst.",
        availability=Availability.PRE_ORDER,
    ),
    _item(
        "sowa",
        "barista-7",
        "Ekspres ciśnieniowy Barista 7",
        "Brühwerk",
        "5490",
        "Siedem napojów, ceramiczny młynek, cicha praca.",
    ),
    _item(
        "sowa",
        "plecak-tatry",
        "Plecak turystyczny Tatry 45 l",
        "Wędrowiec",
        "389",
        "Lekki stelaż i pokrowiec przeciwdeszczowy.",
    ),
    _item(
        "sowa",
        "hulajnoga",
        "Hulajnoga elektryczna Miejska",
        "Wędrowiec",
        "1899",
        "Zasięg 40 km, składana w trzy sekundy.",
    ),
    _item("hikari", "suihanki", "IH炊飯器 5.5合", "かまど", "32800", "厚釜でふっくら炊き上げます。"),
    _item("hikari", "aria-5", "ワイヤレスヘッドホン Aria 5", "Aria", "36800", "長時間つけても疲れない軽さ。"),
    _item("hikari", "tetsubin", "南部鉄瓶 0.8L", "岩鉄", "12800", "職人が一つずつ仕上げた鉄瓶。"),
    _item(
        "slowboat",
        "atlas",
        "The Atlas of Quiet Places",
        "Slow Boat",
        "38",
        "Sixty places to hear nothing at all, with maps.",
    ),
    _item("slowboat", "bread-slowly", "Bread, Slowly", "Slow Boat", "29.5", "Forty loaves that take their time."),
    _item("slowboat", "fountain-pen", "Fountain Pen, Fine", "Quill & Co", "120", "A steel nib that learns your hand."),
    _item(
        "fortress", "aria-5", "Aria 5 Wireless Headphones", "Aria", "249", "Forty hours of music, silence on demand."
    ),
    _item("fortress", "turntable", "Monolith Turntable", "Groove", "1150", "Belt drive, slate plinth, no Bluetooth."),
    _item("fortress", "shelf-speakers", "Bookshelf Speakers (pair)", "Groove", "329", "Small boxes, wide stage."),
    _item(
        "dernier",
        "barista-7",
        "Machine à café Barista 7",
        "Brühwerk",
        "1349",
        "Sept boissons, broyeur en céramique, silencieuse.",
    ),
    Item(
        shop_id="dernier",
        slug="sac-de-voyage",
        title="Sac de voyage en toile",
        brand="Escale",
        base_price=Decimal(129),
        description="Toile cirée et cuir, fait main à Nantes.",
        hides_price_when_sold_out=True,
    ),
    _item("dernier", "montre-lune", "Montre Lune", "Escale", "219", "Phases de lune, verre saphir, bracelet en lin."),
    _item("trail", "ridge-jacket", "Ridge Jacket", "Trailhead", "189", _JACKET, "Blue M"),
    _item("trail", "ridge-jacket", "Ridge Jacket", "Trailhead", "199", _JACKET, "Blue XL"),
    _item("trail", "ridge-jacket", "Ridge Jacket", "Trailhead", "149", _JACKET, "Moss M"),
    _item("trail", "brook-shoe", "Brook Trail Shoe", "Trailhead", "119", _SHOE, "42"),
    _item("trail", "brook-shoe", "Brook Trail Shoe", "Trailhead", "129", _SHOE, "46"),
)


def shop_with(shop_id: str) -> Shop:
    return next(shop for shop in SHOPS if shop.shop_id == shop_id)


def items_of(shop_id: str) -> tuple[Item, ...]:
    return tuple(item for item in ITEMS if item.shop_id == shop_id)


def price_at(item: Item, instant: datetime) -> Decimal:
    """What the item costs: its base price with a season, a step every few minutes and a sale now and then."""
    level = 1000 + _season(item, instant) + _step(item, instant) - (180 if is_on_sale(item, instant) else 0)
    return _tidy(item.base_price * level / 1000, shop_with(item.shop_id).currency)


def list_price_at(item: Item, instant: datetime) -> Decimal | None:
    """The price before the reduction, while there is one."""
    if not is_on_sale(item, instant):
        return None
    usual = _tidy(item.base_price * Decimal("1.08"), shop_with(item.shop_id).currency)
    return usual if usual > price_at(item, instant) else None


def is_on_sale(item: Item, instant: datetime) -> bool:
    return _chance(4 * _step_period(item), instant, "sale", item.shop_id, item.sku) % 7 == 0


def availability_at(item: Item, instant: datetime) -> Availability:
    """Whether it can be had; the shop that sells out does so for some minutes at a time."""
    if shop_with(item.shop_id).quirk is not Quirk.SELLS_OUT:
        return item.availability
    draw = _chance(_STOCK_PERIOD, instant, "stock", item.shop_id, item.sku) % 10
    if draw < 4:
        return Availability.OUT_OF_STOCK
    return Availability.LIMITED_AVAILABILITY if draw < 6 else item.availability


def true_price(item: Item, instant: datetime) -> Decimal | None:
    """The price that the item's page shows: None while the page of a sold-out item shows none."""
    is_hidden = item.hides_price_when_sold_out and availability_at(item, instant) is Availability.OUT_OF_STOCK
    return None if is_hidden else price_at(item, instant)


def is_challenging(shop: Shop, instant: datetime) -> bool:
    """Whether the shop shows everybody a challenge in this minute: one in four."""
    return shop.quirk is Quirk.GUARDED and _chance(_BLOCK_PERIOD, instant, "challenge", shop.shop_id) % 4 == 0


def delay_of(shop: Shop, path: str, instant: datetime) -> timedelta:
    """How long the shop takes to answer."""
    if shop.quirk is not Quirk.SLOW:
        return timedelta(0)
    return timedelta(milliseconds=1000 + _chance(timedelta(seconds=1), instant, "delay", path) % 2000)


def _step_period(item: Item) -> timedelta:
    return timedelta(minutes=2 + stable_hash("period", item.shop_id, item.sku) % 4)


def _step(item: Item, instant: datetime) -> int:
    """Per mille, from -60 to 60."""
    return _chance(_step_period(item), instant, "step", item.shop_id, item.sku) % 121 - 60


def _season(item: Item, instant: datetime) -> int:
    """Per mille, up to 70 either way: a slow wave over the week and a faster one over the day."""
    offset = timedelta(minutes=stable_hash("season", item.shop_id, item.sku) % (7 * 24 * 60))
    return _wave(instant + offset, timedelta(days=7), 40) + _wave(instant + offset, timedelta(days=1), 30)


def _wave(instant: datetime, period: timedelta, height: int) -> int:
    """A triangle between -height and height, in whole numbers so that it is the same on every machine."""
    place = (instant - _EPOCH) % period * 4 * height // period
    return height - abs(place - 2 * height)


def _chance(period: timedelta, instant: datetime, *what: str) -> int:
    """A number that stays the same for one period."""
    offset = timedelta(seconds=stable_hash("offset", *what) % int(period.total_seconds()))
    return stable_hash(*what, (instant - _EPOCH + offset) // period)


def _tidy(amount: Decimal, currency: str) -> Decimal:
    """An amount as shops write them: 12800 yen, 1299.00, 248.99, 24.49."""
    if currency == "JPY":
        return amount.quantize(Decimal("1E2"), ROUND_HALF_UP).quantize(Decimal(1))
    if amount >= 1000:
        return amount.quantize(Decimal(1), ROUND_HALF_UP).quantize(Decimal("0.01"))
    step = Decimal(1) if amount >= 100 else Decimal("0.1")
    return amount.quantize(step, ROUND_HALF_UP).quantize(Decimal("0.01")) - Decimal("0.01")
