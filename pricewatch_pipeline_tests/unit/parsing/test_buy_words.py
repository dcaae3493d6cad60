from dataclasses import dataclass

import pytest

from pricewatch_pipeline.parsing.buy_words import Says, is_buy_control, what_control_says, what_label_says


@dataclass(frozen=True)
class Button:
    text: str
    words: tuple[str, ...] = ()


BUY = """
Add to cart|Add to Basket|ADD TO BAG|Buy now|Buy|Order|Buy for $23.99|In den Warenkorb|In den Einkaufswagen|Jetzt kaufen|Bestellen
Ajouter au panier|Acheter|Añadir al carrito|Agregar al carrito|AÑADIR A LA CESTA|Comprar|Adicionar ao carrinho|Aggiungi al carrello
Acquista|In winkelwagen|In winkelmand|Bestellen|Dodaj do koszyka|Do koszyka|Kup teraz|Do košíku|Přidat do košíku|Do košíka|Kosárba
Kosárba teszem|Adaugă în coș|Adauga in cos|Cumpără|Добави в количката|Купи|В корзину|Купить|Добавить в корзину|До кошика|Купити
Додај у корпу|Dodaj u košaricu|V košarico|Στο καλάθι|Προσθήκη στο καλάθι|Sepete Ekle|SEPETE EKLE|Satın Al|أضف إلى السلة|اضف الى السلة
הוסף לסל|הוספה לסל|افزودن به سبد خرید|कार्ट में जोड़ें|Tambah ke Keranjang|+ Keranjang|Beli Sekarang|Thêm vào giỏ hàng|Mua ngay
หยิบใส่ตะกร้า|เพิ่มลงตะกร้า|加入购物车|加入購物車|立即购买|カートに入れる|買い物カゴに入れる|購入する|장바구니 담기|바로구매|구매하기
Lägg i varukorg|Köp|Lägg i kundvagnen|Legg i handlekurv|Kjøp|Læg i kurv|Læg i kurven|Lisää ostoskoriin|Osta|Lisa ostukorvi
Ielikt grozā|Pirkt|Į krepšelį|Pirkti
"""
NOTIFY = """
Notify me|Notify me when available|Email me when back in stock|Join the waitlist|Benachrichtigen|Prévenez-moi|M'alerter|Avísame
Avise-me|Avvisami|Houd mij op de hoogte|Powiadom o dostępności|Hlídat dostupnost|Értesítést kérek|Anunță-mă|Уведоми ме
Сообщить о поступлении|Повідомити про наявність|Obavijesti me|Ειδοποίησέ με|Gelince haber ver|أعلمني|עדכנו אותי|موجود شد خبرم کنید
Beri tahu saya|Báo khi có hàng|แจ้งเตือนเมื่อมีสินค้า|到货通知|入荷通知|재입고 알림|Bevaka|Varsle meg|Giv besked|Ilmoita kun saatavilla
"""
PRE_ORDER = """
Pre-order|Preorder now|Jetzt vorbestellen|Précommander|Preventa|Pré-venda|Preordina|Przedsprzedaż|Předobjednat|Előrendelés|Precomandă
Предзаказ|Оформить предзаказ|Передзамовити|Προπαραγγελία|Ön Sipariş|طلب مسبق|הזמנה מוקדמת|Đặt trước|預購|予約する|예약구매|Förbeställ
"""
CHOOSE = """
Select a size|Choose options|Größe wählen|Choisir une taille|Selecciona una talla|Selecione o tamanho|Seleziona taglia|Kies je maat
Wybierz rozmiar|Zvolte velikost|Válassz méretet|Alege mărimea|Выберите размер|Оберіть розмір|Odaberi veličinu|Επιλέξτε μέγεθος
Beden seçin|בחר מידה|Pilih ukuran|Chọn size|เลือกขนาด|选择尺码|サイズを選択|사이즈 선택|Välj storlek|Velg størrelse|Vælg størrelse
"""
NOTHING = """
|Go to cart|View basket|Continue shopping|Buying guide|Add to wishlist|My orders|Track your order|Order a sample|Add both to cart
Zum Warenkorb|Zur Kasse|Voir le panier|Ver carrito|Vai al carrello|Przejdź do koszyka|Перейти в корзину|Přejít do košíku
カートを見る|장바구니|Search|Compare|Read more|+|-|How to buy|Buy back your old phone today|Subscribe to our newsletter
We buy any car and we pay the best prices for it, ask us for an offer today or come and see us
"""


def _rows(table: str, says: Says | None) -> list[tuple[str, Says | None]]:
    return [(label, says) for line in table.strip().splitlines() for label in line.split("|")]


@pytest.mark.parametrize(
    ("label", "says"),
    [
        *_rows(BUY, Says.BUY),
        *_rows(NOTIFY, Says.NOTIFY),
        *_rows(PRE_ORDER, Says.PRE_ORDER),
        *_rows(CHOOSE, Says.CHOOSE),
        *_rows(NOTHING, None),
    ],
)
def test_a_label_says_what_its_button_is_for(label: str, says: Says | None) -> None:
    assert what_label_says(label) is says


@pytest.mark.parametrize(
    ("button", "is_buy"),
    [
        (Button("", ("add", "to", "cart", "btn")), True),
        (Button("Lägg till", ("addtocart",)), True),
        (Button("Sold out", ("product", "add", "to", "cart")), True),
        (Button("Notify me", ("add", "to", "cart")), False),
        (Button("", ("add", "to", "wishlist")), False),
        (Button("View cart", ("add", "to", "cart")), False),
        (Button("+", ("qty", "plus", "add", "to", "cart")), False),
        (Button("Menu", ("header", "cart")), False),
    ],
)
def test_a_button_that_says_nothing_is_known_by_its_class_words(button: Button, is_buy: bool) -> None:
    assert is_buy_control(button) is is_buy


def test_waiting_for_a_product_is_not_buying_it() -> None:
    button = Button("Notify me when available")
    assert what_control_says(button) is Says.NOTIFY
    assert not is_buy_control(button)
