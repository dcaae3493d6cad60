"""Labelled facts in a page's visible text: `Art.-Nr.: 4711`, a table's `EAN` beside `40123...`, in many languages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pricewatch_pipeline.parsing.layout import Line
from pricewatch_pipeline.parsing.phrases import folded

_LONGEST_LINE = 160
_LONGEST_LABEL = 40
_LONGEST_VALUE = 80
_MOST_WORDS = 6
"""Of a name; what is longer is a sentence."""
_MOST_WORDS_OF_TRAIT = 4
_ELSEWHERE = frozenset({"header", "navigation", "footer", "related", "reviews", "dialog", "cart"})
"""Regions that say nothing of the product itself."""


class Label(StrEnum):
    """What a label says that its value is."""

    SKU = "sku"
    GTIN = "gtin"
    MPN = "mpn"
    MODEL = "model"
    BRAND = "brand"
    MAKER = "maker"
    SELLER = "seller"
    CONDITION = "condition"
    COLOR = "color"
    SIZE = "size"
    MATERIAL = "material"
    CONTENT = "content"
    """How much is in a pack."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One label and its value."""

    label: Label
    value: str
    line: int


Labelled = tuple[Label, str]
"""A label and the value on the same line, if there is one."""


_NUMBERS = """
    no|nr|nro|num|number|nummer|numero|numer|numeris|numurs|code|codes|cod|kod|koda|kode|koodi|kodas|kods|codice|
    codigo|sifra|id|ident|ref|reference|referencia|referenz|referentie|referenca|referinta|numero de reference|
    номер|код|шифра|артикул|индекс|κωδικος|番号|コード|编号|编码|編號|貨號|货号|번호|코드|รหัส|ma|szam|numarasi|kodu|cislo|brojka|broj|
    stevilka|nummeret|numar|مدل|رقم|رمز|کد|מספר|קוד|संख्या|कोड
"""
_ARTICLES = """
    art|article|artikel|artikl|artikla|artiklu|artikkel|artikli|articulo|articol|articolului|articolo|artigo|item|
    product|produkt|produktu|produit|producto|produto|prodotto|produs|produsului|proizvod|proizvoda|izdelek|izdelka|
    tuote|toote|preke|prekes|prece|preces|vare|vara|varan|varu|termek|urun|stok|stock|style|catalog|catalogue|
    katalog|katalogove|katalogowy|objednaci|objednavaci|order|ordering|bestell|bestil|bestillings|bestall|commande|
    pedido|товара|товар|изделия|продукта|продукту|артикула|προιοντος|商品|品|产品|產品|상품|제품|สินค้า|san pham|sp|hang|cikk|
    المنتج|محصول|کالا|כ|מוצר|מקט|उत्पाद
"""
_SKUS = """
    sku|sku id|sku no|sku nr|sku number|sku code|web id|web code|item|ref|refs|reference|referencia|referenz|
    referinta|referenza|nr ref|no ref|numer referencyjny|numero de reference|numero de referencia|reference number|
    ref no|ref number|referencenummer|referencia interna|артикул|арт|код|kod|cod|codigo|cikkszam|sifra|
    sifra izdelka|vnr|tuotenumero|품번|품목번호|型番号|貨號|货号|品番|商品番号|商品コード|注文番号|管理番号|plu|κωδικος|מקט|מק ט|דגם קטלוגי|
    ma sp|ma hang|indeks|symbol|index|kat nr|kat no|best nr|sap nr|internal code|our code|الرمز|كود
"""
_GTINS = """
    gtin|gtin8|gtin12|gtin13|gtin14|ean|ean8|ean13|ean code|ean nr|ean nummer|ean number|ean kod|kod ean|code ean|
    codigo ean|codice ean|cod ean|gtin ean|ean gtin|ean upc|upc ean|upc|upc code|upca|jan|jan code|jan コード|janコード|
    isbn|isbn10|isbn13|isbn ean|ean isbn|barcode|bar code|code barre|code barres|codes barres|codigo de barras|
    codigo de barra|codice a barre|strichcode|streepjescode|ean streepjescode|stregkode|strekkode|streckkod|
    viivakoodi|ribakood|barkod|bar kod|carovy kod|ciarovy kod|vonalkod|cod de bare|kod kreskowy|штрихкод|штрих код|
    баркод|γραμμωτος κωδικος|バーコード|条形码|條碼|條形碼|바코드|บาร์โค้ด|ma vach|ברקוד|الباركود|بارکد|global trade item number|
    european article number|universal product code
"""
_MPNS = """
    mpn|mfr|mfg|mfr no|mfr part|mfr part no|mfr part number|mfg part|mfg part no|mfg part number|part|part no|
    part nr|part number|parts number|manufacturer part|manufacturer part no|manufacturer part number|
    manufacturers part number|manufacturer number|manufacturer code|manufacturer reference|manufacturer sku|
    manufacturer id|manufacturer product number|manufacturer item number|supplier code|supplier part number|
    vendor part number|oem|oem number|oem nr|model part number|item part number|numero parte fabricante|
    numero pieza fabricante|numero parte|herstellerreferenz|herstellernummer|hersteller nr|hersteller nummer|
    hersteller artnr|hersteller art nr|herst nr|herst artnr|herst artikelnummer|herst art nr|
    hersteller artikelnummer|herstellerartikelnummer|herstellerartikelnr|herstellerteilenummer|
    hersteller teilenummer|hersteller produktnummer|hersteller code|teilenummer|hersteller id|reference fabricant|
    ref fabricant|reference constructeur|ref constructeur|code fabricant|code constructeur|numero de piece|
    numero de piece fabricant|reference fournisseur|referencia fabricante|referencia del fabricante|ref fabricante|
    codigo fabricante|codigo do fabricante|codigo del fabricante|numero de pieza|numero de parte|
    numero de pieza del fabricante|numero de peca|part number fabricante|codice produttore|codice fornitore|
    codice costruttore|codice del produttore|fabrikantcode|fabrikantnummer|onderdeelnummer|artikelnummer fabrikant|
    typenummer|kod producenta|numer katalogowy producenta|numer czesci|kod wyrobcy|kod vyrobce|kod vyrobcu|
    oznaceni vyrobce|katalogove cislo vyrobce|pn|p n|part no pn|gyartoi cikkszam|gyartoi kod|cod producator|
    cod produs producator|код производителя|артикул производителя|партномер|парт номер|код виробника|
    артикул виробника|каталожен номер|sifra proizvodaca|kod proizvodaca|sifra proizvajalca|κωδικος κατασκευαστη|
    uretici kodu|uretici parca numarasi|tillverkarens artikelnummer|tillverkarens artnr|tillverkarens art nr|
    producentens varenummer|producentkode|produsentens varenummer|produsentens delenummer|valmistajan tuotenumero|
    valmistajan koodi|tootja kood|gamintojo kodas|razotaja kods|メーカー型番|型番|品番型番|制造商型号|製造商型號|제조사 모델번호|
    manufacturer s part number
"""
_MODELS = """
    model|model no|model nr|model number|model name|model id|item model number|model code|modell|modellnummer|
    modell nr|modellbezeichnung|modellkennzeichen|modele|numero de modele|numero modele article|reference modele|nom du modele|modelo|
    numero de modelo|numero de modelo del producto|codigo de modelo|modello|numero modello|numero modello articolo|
    numero di modello|modelnummer|modelcode|numer modelu|symbol modelu|modelis|mudel|malli|mallinumero|modelnavn|
    oznaceni modelu|cislo modelu|modell szama|модель|модел|номер модели|μοντελο|ชื่อรุ่น|รุ่น|モデル|モデル番号|型号|型號|모델|
    모델명|모델번호|מספר דגם|דגם|الموديل|رقم الموديل|मॉडल|so hieu|type number
"""
_BRANDS = """
    brand|brand name|brands|product brand|by brand|marke|markenname|marque|nom de la marque|marca|
    nombre de la marca|nome da marca|nome marca|merk|merknaam|marka|znacka|znacka produktu|varumarke|merke|maerke|
    mærke|tuotemerkki|brandi|brand marke|бренд|торговая марка|марка|торгова марка|marke hersteller|znamka|
    robna marka|brend|blagovna znamka|bränd|kaubamark|zimols|prekes zenklas|prekinis zenklas|μαρκα|ブランド|ブランド名|品牌|
    브랜드|แบรนด์|ยี่ห้อ|thuong hieu|nhan hieu|מותג|העלامة التجارية|العلامة التجارية|الماركة|برند|ब्रांड|merek|
    brand label
"""
_MAKERS = """
    manufacturer|maker|hersteller|herst|fabricant|constructeur|fabricante|produttore|costruttore|fabrikant|
    producent|producent marka|vyrobce|vyrobca|gyarto|producator|производитель|виробник|производител|proizvodac|
    proizvajalec|uretici|κατασκευαστης|tillverkare|produsent|valmistaja|tootja|gamintojas|razotajs|メーカー|製造元|厂商|製造商|
    制造商|제조사|ผู้ผลิต|nha san xuat|יצרן|الشركة المصنعة|سازنده|निर्माता|publisher|verlag|editorial|editeur|editora|
    editore|uitgever|wydawnictwo|издательство|mfr name
"""
_SELLERS = """
    sold by|seller|seller name|vendor|merchant|dispatched and sold by|shipped and sold by|ships from and sold by|
    sold and shipped by|sold and delivered by|verkauft von|verkauf durch|verkaufer|anbieter|handler|
    verkauf und versand durch|verkauf und versand|vendu par|vendeur|vendu et expedie par|vendido por|vendedor|
    vendido y enviado por|vendido e entregue por|vendido e enviado por|venduto da|venditore|venduto e spedito da|
    verkocht door|verkoper|verkoop door|verkocht en verzonden door|sprzedawca|sprzedaje|sprzedawane przez|
    sprzedaz i wysylka|prodejce|prodava|prodava a dodava|predajca|predava|elado|forgalmazo|vanzator|vandut de|
    vandut si livrat de|продавец|продает|продавач|продается|продавець|prodavac|prodajalec|satici|πωλητης|
    πωλειται απο|saljare|saljs av|saelger|solgt af|sælger|selger|selges av|myyja|myyja on|muuja|pardavejas|
    pardevejas|販売元|販売者|ショップ|出荷元 販売元|卖家|賣家|판매자|판매처|ผู้ขาย|ขายโดย|nguoi ban|ban boi|cung cap boi|מוכר|נמכר על ידי|
    البائع|يباع من|فروشنده|विक्रेता|dijual oleh
"""
_CONDITIONS = """
    condition|item condition|product condition|zustand|artikelzustand|etat|etat du produit|condicion|estado|
    estado del producto|estado do produto|condizione|condizioni|stan|stan produktu|stav|stav zbozi|allapot|stare|
    stare produs|состояние|стан|състояние|stanje|durum|κατασταση|staat|conditie|skick|tilstand|kunto|seisukord|
    bukle|stavoklis|状態|商品の状態|成色|商品狀況|상태|สภาพ|tinh trang|מצב|الحالة|حالة المنتج|وضعیت
"""
_COLORS = """
    color|colour|colors|colours|color name|colour name|farbe|couleur|colore|cor|kleur|kolor|barva|farba|szin|
    culoare|цвет|колір|цвят|boja|renk|χρωμα|farg|farge|farve|vari|varv|spalva|krasa|カラー|色|颜色|顏色|색상|สี|mau|mau sac|
    צבע|اللون|رنگ|रंग|warna
"""
_SIZES = """
    size|size name|grosse|groesse|taille|talla|tamano|tamanho|taglia|misura|maat|rozmiar|velikost|velkost|meret|
    marime|размер|розмір|velicina|beden|μεγεθος|storlek|storrelse|størrelse|koko|suurus|dydis|izmers|サイズ|尺码|尺寸|尺碼|
    사이즈|ขนาด|kich co|kich thuoc|size cm|מידה|المقاس|سایز|साइज़|ukuran
"""
_MATERIALS = """
    material|materials|materialien|matiere|materiau|materiales|materiale|materiaal|material type|anyag|материал|
    матеріал|malzeme|υλικο|materiali|materjal|medziaga|素材|材质|材質|소재|วัสดุ|chat lieu|חומר|الخامة|جنس|सामग्री|bahan
"""
_CONTENTS = """
    content|contents|net content|net contents|net weight|net wt|net quantity|unit count|pack size|quantity in pack|
    inhalt|fullmenge|nettofullmenge|nettogewicht|packungsgrosse|packungsinhalt|contenu|contenance|poids net|
    contenido|contenido neto|peso neto|peso liquido|conteudo|contenuto|peso netto|inhoud|nettoinhoud|zawartosc|
    masa netto|waga netto|obsah|obsah baleni|kiszereles|netto tomeg|cantitate|gramaj|
    масса нетто|вес нетто|вага нетто|нето количество|neto kolicina|vsebina|net miktar|net agirlik|
    καθαρο βαρος|innehall|nettovikt|nettovekt|nettovaegt|sisalto|nettopaino|neto svars|netokogus|内容量|净含量|淨重|
    중량|내용량|ปริมาณสุทธิ|khoi luong tinh|תכולה|الوزن الصافي|حجم
"""

_LINKS = ("", "de", "do", "del", "du", "di", "da", "of", "der", "des", "dell")
_LINKING = re.compile(r"(?<=\w) (?:de l['’]|del|della|dell['’]|de|du|des|do|da|di|of|the|der) ?(?=\w)", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"[\W_]+")
_SPLIT = re.compile(r"[:：=]|\s[-–—]\s|#(?=\s*\w)|\s(?=№)")
_LONGEST_SPLIT = 4
"""Characters of a label's end, and those behind it that are looked at."""
_PARTS = re.compile(r"[|•]")
_BESIDE = " \t:：#-–—,;|[]\"'«»„“”"
_AROUND = " \t()[]{}*•|#-–—.,:"
_BEHIND = " \t:：|•*-–—"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HAS_DIGIT = re.compile(r"\d")
_NUMBER_SIGN = str.maketrans({"№": "no", "º": "o", "°": "o"})


def _words(table: str) -> list[str]:
    return [key for text in table.split("|") if (key := _key(text))]


def _without_links(text: str) -> str:
    """`Référence du fabricant` as `Référence fabricant`."""
    return _LINKING.sub(" ", text)


def _key(text: str) -> str:
    """A label as it is compared: its letters and digits only."""
    plain = text.casefold() if text.isascii() else folded(text.translate(_NUMBER_SIGN))
    return _NOT_LETTERS.sub("", plain.replace("#", "no"))


_TABLES = (
    (Label.SKU, _SKUS),
    (Label.CONTENT, _CONTENTS),
    (Label.MATERIAL, _MATERIALS),
    (Label.SIZE, _SIZES),
    (Label.COLOR, _COLORS),
    (Label.CONDITION, _CONDITIONS),
    (Label.SELLER, _SELLERS),
    (Label.MAKER, _MAKERS),
    (Label.BRAND, _BRANDS),
    (Label.MODEL, _MODELS),
    (Label.MPN, _MPNS),
    (Label.GTIN, _GTINS),
)
_KNOWN = {word: label for label, table in _TABLES for word in (*_words(_without_links(table)), *_words(table))}
_ARTICLE_WORDS = frozenset(_words(_ARTICLES))
_NUMBER_WORDS = frozenset(_words(_NUMBERS))
_STARTS = frozenset(word[:n] for word in (*_KNOWN, *_ARTICLE_WORDS, *_NUMBER_WORDS) for n in (1, 2, 3))
_ARTICLE_NUMBER = re.compile(
    "(?:{articles})(?:{numbers})|(?:{numbers})(?:{links})(?:{articles})".format(
        articles="|".join(sorted(_ARTICLE_WORDS)), numbers="|".join(sorted(_NUMBER_WORDS)), links="|".join(_LINKS)
    )
)
"""`article number`, in either order: `artikelnummer`, `codigodoproduto`."""
_NUMBERED = frozenset({Label.SKU, Label.GTIN})
_CODE_OF_LETTERS = re.compile(r"[A-Z]{2,}(?:[-_][A-Z]+)+")
_TRAITS = frozenset({Label.COLOR, Label.SIZE})


@lru_cache(maxsize=8192)
def label_of(text: str) -> Label | None:
    """What a text that is a label means; None where it is none."""
    if not 0 < len(text) <= _LONGEST_LABEL:
        return None
    key = _key(text)
    known = _KNOWN.get(key) or (_KNOWN.get(_key(_without_links(text))) if " " in text else None)
    return known or (Label.SKU if _ARTICLE_NUMBER.fullmatch(key) else None)


@lru_cache(maxsize=8192)
def _begins_a_label(start: str) -> bool:
    """Whether a label begins with these three characters: most lines do not, and are not looked at further."""
    key = _key(start)
    return bool(key) and key in _STARTS


def facts_of(lines: Sequence[Line]) -> list[Fact]:
    """What the page's own labels say of the product, in document order."""
    found: list[Fact] = []
    for place, line in enumerate(lines):
        text = line.text
        if len(text) > _LONGEST_LINE:
            continue
        if "|" in text or "•" in text:
            parts = _PARTS.split(text)
        elif _begins_a_label((text.lstrip(_AROUND) if text[:1] in _AROUND else text)[:3]):
            parts = [text]
        else:
            continue
        labelled = [part for part in map(_split, parts) if part is not None]
        # Where a line stands is dear to know: it is asked of the few that hold a label.
        if labelled and line.region not in _ELSEWHERE:
            found += _facts_at(lines, place, labelled, is_alone=len(parts) == 1)
    return found


def _facts_at(lines: Sequence[Line], place: int, labelled: list[Labelled], *, is_alone: bool) -> Iterator[Fact]:
    for label, beside in labelled:
        has_none = not beside and is_alone and (label is not Label.SELLER or " " in lines[place].text)
        value = _value_after(lines, place) if has_none else beside
        if value and _fits(label, value):
            yield Fact(label=label, value=value, line=lines[place].number)


def _fits(label: Label, value: str) -> bool:
    """Whether a value can be this: numbers have digits or are codes, names are short."""
    if label is Label.SKU and is_code_of_letters(value):
        return True
    if label in _NUMBERED:
        return _HAS_DIGIT.search(value) is not None
    words = value.split()
    is_prompt = label_of(words[0]) is not None or value.endswith(("!", "...", "…"))  # `Size guide`, `Select...`
    return len(words) <= (_MOST_WORDS_OF_TRAIT if label in _TRAITS else _MOST_WORDS) and not is_prompt


def is_code_of_letters(text: str) -> bool:
    """Whether a text is an article's number without digits: `LAMP-RED-M`. A single word may be anything, and so may `T-SHIRT`."""
    return len(text) <= _LONGEST_LABEL and _CODE_OF_LETTERS.fullmatch(text) is not None


def _split(text: str) -> Labelled | None:
    """What the label of a short text means, and the value on the same line; None where it begins with no label."""
    plain = text.lstrip(_AROUND).rstrip(_BEHIND)
    if "(" not in plain:
        plain = plain.rstrip(")]")
    found = _SPLIT.search(plain, 1, _LONGEST_LABEL + _LONGEST_SPLIT)
    if found is not None and found.start() <= _LONGEST_LABEL:
        label = label_of(plain[: found.start()].rstrip())
        if label is not None:
            return label, _cleaned(plain[found.end() :])
    if len(plain) <= _LONGEST_LABEL:
        label = label_of(plain)
        if label is not None:
            return label, ""
    head, _, tail = plain.rpartition(" ")
    if len(tail) > 2 and _HAS_DIGIT.search(tail) and len(head := head.rstrip(".:#")) <= _LONGEST_LABEL:
        label = label_of(head)
        return (label, _cleaned(tail)) if label in _NUMBERED else None
    return None


def _value_after(lines: Sequence[Line], place: int) -> str:
    """The text that follows a label which stands alone: the cell, the term's definition, the next span."""
    for line in lines[place + 1 : place + 3]:
        text = _cleaned(line.text)
        if not text:  # a colon of its own
            continue
        is_other = ": " in text or _split(text) is not None or line.region in _ELSEWHERE or line.heading
        return "" if is_other else text
    return ""


def _cleaned(text: str) -> str:
    plain = text if text.isascii() else _INVISIBLE.sub("", text)
    plain = plain.strip(_BESIDE)
    return plain if len(plain) <= _LONGEST_VALUE else ""
