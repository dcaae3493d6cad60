import pytest

from pricewatch_pipeline.parsing.documents import Document
from pricewatch_pipeline.parsing.labels import Label, facts_of, label_of


def facts(body: str) -> list[tuple[Label, str]]:
    document = Document(f"<body>{body}</body>".encode(), url="https://shop.example/p")
    return [(fact.label, fact.value) for fact in facts_of(document.layout.lines)]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("SKU", Label.SKU),
        ("Item #", Label.SKU),
        ("Product code", Label.SKU),
        ("Art.-Nr.", Label.SKU),
        ("Artikelnummer", Label.SKU),
        ("Bestell-Nr.", Label.SKU),
        ("Référence produit", Label.SKU),
        ("Código do produto", Label.SKU),
        ("Número de artículo", Label.SKU),
        ("Codice articolo", Label.SKU),
        ("Artikelcode", Label.SKU),
        ("Kod produktu", Label.SKU),
        ("Kód produktu", Label.SKU),
        ("Cikkszám", Label.SKU),
        ("Cod produs", Label.SKU),
        ("Артикул", Label.SKU),
        ("Код товара", Label.SKU),
        ("Šifra", Label.SKU),
        ("Šifra izdelka", Label.SKU),
        ("Varenummer", Label.SKU),
        ("Tuotekoodi", Label.SKU),
        ("Ürün Kodu", Label.SKU),
        ("商品番号", Label.SKU),
        ("商品编号", Label.SKU),
        ("상품번호", Label.SKU),
        ("Mã sản phẩm", Label.SKU),
        ("מק״ט", Label.SKU),
        ("EAN", Label.GTIN),
        ("GTIN/EAN", Label.GTIN),
        ("ISBN-13", Label.GTIN),
        ("Штрих-код", Label.GTIN),
        ("Código de barras", Label.GTIN),
        ("Čárový kód", Label.GTIN),
        ("Herst.-Artikelnummer", Label.MPN),
        ("Manufacturer’s part number", Label.MPN),
        ("Référence fabricant", Label.MPN),
        ("メーカー型番", Label.MPN),
        ("Référence du fabricant", Label.MPN),
        ("Número de parte del fabricante", Label.MPN),
        ("Numéro du modèle de l'article", Label.MODEL),
        ("Item model number", Label.MODEL),
        ("Modellnummer", Label.MODEL),
        ("Marke", Label.BRAND),
        ("Značka", Label.BRAND),
        ("Бренд", Label.BRAND),
        ("Hersteller", Label.MAKER),
        ("Sold by", Label.SELLER),
        ("Verkauf durch", Label.SELLER),
        ("Vendu par", Label.SELLER),
        ("Zustand", Label.CONDITION),
        ("Couleur", Label.COLOR),
        ("Größe", Label.SIZE),
        ("Article", None),
        ("Number of items", None),
        ("Reviews", None),
        ("", None),
    ],
)
def test_labels_are_known_in_many_languages(text: str, label: Label | None) -> None:
    assert label_of(text) is label


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>SKU: AB-123</p>", [(Label.SKU, "AB-123")]),
        ("<p>(Art.Nr.: <b>4711</b>)</p>", [(Label.SKU, "4711")]),
        ("<table><tr><td>EAN</td><td>4006381333931</table>", [(Label.GTIN, "4006381333931")]),
        ("<dl><dt>Brand<dd>Acme</dl>", [(Label.BRAND, "Acme")]),
        ("<li><strong>Product Code - </strong>39139301</li>", [(Label.SKU, "39139301")]),
        ("<p>Item # 2385458 | Mfr # DCD771C2</p>", [(Label.SKU, "2385458"), (Label.MPN, "DCD771C2")]),
        ("<p>Артикул 4998</p>", [(Label.SKU, "4998")]),
        ("<div>Item No :</div><div>amx1</div>", [(Label.SKU, "amx1")]),
        ("<div>Model</div><div>:</div><div>X5</div>", [(Label.MODEL, "X5")]),
        ("<p>Brand: R.K.</p>", [(Label.BRAND, "R.K.")]),
        ("<p>Size: 280 g (Pack of 1)</p>", []),
        ("<p>Size: 280 g (1 pack)</p>", [(Label.SIZE, "280 g (1 pack)")]),
        ("<div>商品番号：abc-1</div>", [(Label.SKU, "abc-1")]),
        ("<table><tr><th>SKU</th><td>TR-RIDGE-JACKET-MOSS-M</td></table>", [(Label.SKU, "TR-RIDGE-JACKET-MOSS-M")]),
        ("<p>Art.-Nr.: LAMP-RED</p>", [(Label.SKU, "LAMP-RED")]),
    ],
)
def test_values_stand_behind_their_labels(body: str, expected: list[tuple[Label, str]]) -> None:
    assert facts(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "<nav><p>SKU: AB-123</p></nav>",
        "<div class='related-products'><p>SKU: AB-123</p></div>",
        "<p>Item: see below</p>",
        "<p>Item: T-SHIRT</p>",
        "<p>Item: Multi-Tool</p>",
        "<p>EAN: NOT-KNOWN</p>",
        "<p>Article in basket</p>",
        "<div>Brand</div><div>Colours: X5 and some more than that is</div>",
        "<div>Colour:</div><div>To view this video you need a player that is new enough</div>",
        f"<p>SKU: {'1' * 200}</p>",
    ],
)
def test_what_is_elsewhere_or_no_value_is_no_fact(body: str) -> None:
    assert facts(body) == []
