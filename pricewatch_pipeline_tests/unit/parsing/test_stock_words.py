import pytest

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.stock_words import stated_availability, statements_in

IN_STOCK = """
In stock|In Stock.|Availability: In stock|Only 3 left in stock|Only 1 left!|12 in stock|In stock, ships today|Available|Low stock
Auf Lager|Sofort lieferbar|Verfügbarkeit: sofort verfügbar|Lieferbar|Vorrätig|Noch 3 Stück verfügbar|Lagernd|Verfügbarkeit: ja
En stock|Disponible|Disponibilité : En stock|Plus que 2 en stock|Expédié sous 24h|Hay existencias|Disponibilidad: Disponible
Em estoque|Disponível|Pronta entrega|Em Stock|Disponibile|Disponibilità immediata|Op voorraad|Direct leverbaar|Leverbaar
Dostępny|Na stanie|Produkt dostępny|Dostępność: dostępny od ręki|Skladem|Skladem > 5 ks|Na skladě|Skladom|Raktáron|Készleten
În stoc|Stoc disponibil|В наличност|Наличност: Да|В наличии|Есть в наличии|На складе|В наявності|Є в наявності|Na zalihi
На стању|Na zalogi|Razpoložljivost: Dobavljivo|Σε απόθεμα|Άμεσα διαθέσιμο|Stokta var|Stokta|متوفر|متوفر في المخزون|במלאי|קיים במלאי
موجود در انبار|स्टॉक में|Stok tersedia|Tersedia|Còn hàng|มีสินค้า|พร้อมส่ง|有货|現貨|有庫存|在庫あり|残り3点|재고 있음|I lager|Finns i lager
Kun 3 på lager|Nu op voorraad|Nu i lager|Almost sold out!|Fast ausverkauft|Presque épuisé|Casi agotado|Bijna uitverkocht|품절임박|即将售罄
På lager|På lager online|Varastossa|Heti saatavilla|Laos|Laos olemas|Ir noliktavā|Yra sandėlyje|ＩＮ ＳＴＯＣＫ|EN STOCK
"""
OUT_OF_STOCK = """
Se ha agotado|Se encuentra agotado|Ei ole varastossa|Out of stock|Sold out|SOLD OUT|Currently unavailable.|Not in stock|This item is currently not available|Temporarily out of stock
In stock: No|Ausverkauft|Nicht lieferbar|Derzeit nicht verfügbar|Nicht auf Lager|Dieser Artikel ist derzeit nicht verfügbar
Rupture de stock|Épuisé|Actuellement indisponible|Produit indisponible|Agotado|Sin stock|No disponible|Producto agotado|Esgotado
Indisponível|Produto indisponível|Sem estoque|Esaurito|Non disponibile|Non disponibile.|Uitverkocht|Niet op voorraad|Niet leverbaar
Niedostępny|Produkt niedostępny|Brak w magazynie|Wyprzedane|Vyprodáno|Není skladem|Nedostupné|Vypredané|Nie je skladom
Nincs raktáron|Elfogyott|Stoc epuizat|Indisponibil|Nu este în stoc|Изчерпан|Няма в наличност|Нет в наличии|Распродано|Не в наличии
Немає в наявності|Закінчився|Rasprodano|Nema na zalihi|Нема на стању|Ni na zalogi|Razprodano|Εξαντλήθηκε|Μη διαθέσιμο
Tükendi|Stokta yok|STOKTA YOK|غير متوفر|نفذت الكمية|אזל מהמלאי|לא במלאי|המוצר אינו במלאי|ناموجود|स्टॉक में नहीं|Stok habis|Tidak tersedia
Hết hàng|Tạm hết hàng|สินค้าหมด|缺货|缺貨|售罄|在庫切れ|在庫なし|売り切れ|품절|재고 없음|Slut i lager|Ej i lager|Slutsåld
Utsolgt|Ikke på lager|Udsolgt|Loppu varastosta|Loppuunmyyty|Ei varastossa|Läbi müüdud|Nav pieejams|Išparduota
"""
PRE_ORDER = """
Available for pre-order|Coming soon|Pre-order now|Vorbestellbar|En précommande|Preventa|Pré-venda|Przedsprzedaż|Předobjednávka
Предзаказ|Передзамовлення|Προπαραγγελία|Ön sipariş|預購|予約受付中|예약판매|Förhandsbokning|Kommer snart
"""
DISCONTINUED = """
Discontinued|No longer available|This item has been discontinued|Nicht mehr lieferbar|Nicht mehr verfügbar|N'est plus commercialisé
Descatalogado|Fuori produzione|Produkt wycofany|Prodej ukončen|Megszűnt|Снят с производства|Знято з виробництва|販売終了|단종
Ngừng kinh doanh|停产|Utgått ur sortimentet|Poistunut valikoimasta
"""
NOTHING = """
|Release date|Get it before it is sold out|Image unavailable|Bild nicht verfügbar|Image not available for|Immagine non disponibile|Handyman service is currently not available in your area
Available in 3 colours|Disponible en 3 tallas|Ships in product packaging|Notify me when back in stock|In stock?|Is it in stock?
Check availability in store|Only show in stock|Nur verfügbare Artikel anzeigen|Stock photo|Add to cart|Yes|Ja|No|Laosaldo puudub meil siin
Payment by card is not available|Nicht lagernd, ab Bestellung versandfertig in 8 Tagen|Availability:|Lieferung|Delivery
We keep more than ten thousand articles in stock, and what is out of stock today is there again within a week or two at most
"""


def _rows(table: str, availability: Availability | None) -> list[tuple[str, Availability | None]]:
    return [(text, availability) for line in table.strip("\n").splitlines() for text in line.split("|")]


@pytest.mark.parametrize(
    ("text", "availability"),
    [
        *_rows(IN_STOCK, Availability.IN_STOCK),
        *_rows(OUT_OF_STOCK, Availability.OUT_OF_STOCK),
        *_rows(PRE_ORDER, Availability.PRE_ORDER),
        *_rows(DISCONTINUED, Availability.DISCONTINUED),
        *_rows(NOTHING, None),
    ],
)
def test_a_short_text_says_what_it_says_of_the_stock(text: str, availability: Availability | None) -> None:
    assert stated_availability(text) == availability


def test_a_label_may_stand_in_a_text_of_its_own_before_its_answer() -> None:
    texts = ["In stock:", "Yes", "Dishwasher safe:", "No", "Availability:", "No"]
    assert statements_in(texts) == [(1, Availability.IN_STOCK), (5, Availability.OUT_OF_STOCK)]
