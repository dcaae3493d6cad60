"""What buttons say: that a product can be bought, ordered in advance, must be chosen in more detail, or is to be waited for."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Protocol

from pricewatch_pipeline.parsing.phrases import Phrases, folded

LONGEST_LABEL = 60
"""Characters; what says more is no button."""
_OTHER_WORDS = 2
"""Words beside a bare `buy` or `order`, such as `buy for 20 EUR`; with more it is a sentence."""
_NEAR_WORDS = 8
"""Class words of a button that are looked at: its own."""


class Control(Protocol):
    """A button-like element of a page."""

    @property
    def text(self) -> str:
        """What it shows, or its accessible name."""

    @property
    def words(self) -> Sequence[str]:
        """Words of its class, id and name and of those around it, nearest first."""


class Says(Enum):
    """What a button is for."""

    BUY = "buy"
    PRE_ORDER = "pre-order"
    NOTIFY = "notify"
    """To be told when it can be had."""
    ELSEWHERE = "elsewhere"
    """To go to shops that sell it, as price comparisons have it."""
    CHOOSE = "choose"
    """A size or another variant comes first."""


_ANYWHERE = Phrases(
    {
        Says.BUY: """
            add to cart|add to basket|add to your cart|add to your basket|add to your bag|add to your order|add to bag|add to trolley|add to my cart|add to my basket|add to my bag|add to order
            add to shopping cart|add to shopping bag|add to shopping basket|add item to cart|put in cart|place in cart
            buy now|buy it now|buy this|order now|buy online|purchase now|reserve now|buy tickets|get tickets|book now|+ cart
            in den warenkorb|in den einkaufswagen|in den korb|in den einkaufskorb|zum warenkorb hinzufügen|in die tasche
            in die einkaufstasche|jetzt kaufen|tickets kaufen|sofort kaufen|jetzt bestellen|jetzt reservieren|online bestellen
            ajouter au panier|ajouter à mon panier|ajouter dans le panier|mettre au panier|mettre dans le panier
            ajouter au sac|ajout au panier|ajouter au caddie|acheter maintenant|acheter un billet|j'achète|je commande|commander maintenant
            añadir al carrito|agregar al carrito|añadir a la cesta|añadir a mi cesta|agregar a la bolsa|añadir a la bolsa
            añadir al carro|agregar al carro|añadir a cesta|añadir al cesto|añadir a la compra|comprar entrada*|comprar billetes|comprar ahora|comprar ya
            agregar a mi carrito|sumar al carrito|lo quiero|afegir a la cistella|afegeix a la cistella|afegir al carret
            adicionar ao carrinho|adicionar à sacola|adicionar na sacola|colocar no carrinho|adicionar à cesta
            adicionar ao cesto|adicionar ao saco|comprar agora|comprar já
            aggiungi al carrello|metti nel carrello|inserisci nel carrello|nel carrello|aggiungi alla borsa
            aggiungi alla shopping bag|acquista ora|compra ora|compra subito|acquista subito|ordina ora|aggiungere al carrello
            in winkelwagen|in winkelmand|in winkelmandje|in mijn winkelwagen|aan winkelwagen|aan winkelmand|aan winkelmandje
            in mijn winkelmand|in het mandje|in shopping bag|in mandje|nu kopen|koop nu|nu bestellen|bestel nu
            dodaj do koszyka|do koszyka|wrzuć do koszyka|włóż do koszyka|kup teraz|kup bilet*|zamów teraz|dodaj do torby
            do košíku|vložit do košíku|koupit nyní|koupit ihned|do košíka|vložiť do košíka|kúpiť teraz|kúpiť ihneď
            kosárba|kosaramba|megveszem|megrendelem|megvásárolom|bevásárlókosárba|vásárolok
            adaugă în coș|pune în coș|adaugă în coșul|în coș|cumpără acum|comandă acum
            добави в количката|добави в кошницата|добави в количка|в количката|в кошницата|купи сега|поръчай сега|купете
            в корзину|добавить в корзину|в заказ|добавить в заказ|положить в корзину|купить сейчас|купить билет*|купить в 1 клик|купить в один клик|заказать сейчас
            в кошик|до кошика|у кошик|додати до кошика|купити зараз|купити в 1 клік|в кошничка
            у корпу|u korpu|u košaricu|kupi odmah|kupi sada|v košarico|kupi zdaj|v voziček
            στο καλάθι|αγορά τώρα|αγοράστε|αγόρασε
            sepete ekle|sepete at|sepete koy|hemen al|şimdi al|satın al|səbətə at|səbətə əlavə et
            أضف إلى السلة|أضف للسلة|أضف إلى عربة|إضافة إلى السلة|إضافة للسلة|إضافة إلى عربة|أضف الى العربة|اشتري الآن|اشتر الآن
            اطلب الآن|شراء الآن
            הוסף לסל|הוספה לסל|הוסיפו לסל|הוסף לעגלה|הוספה לעגלה|הוסיפו לעגלה|הוספה לסל קניות|קנה עכשיו|קנו עכשיו|קנייה מהירה
            הזמן עכשיו|לרכישה|לקנייה
            افزودن به سبد|اضافه به سبد|اضافه کردن به سبد|خرید آنلاین|ثبت سفارش
            कार्ट में जोड़ें|कार्ट में डालें|अभी खरीदें|কার্টে যোগ করুন|এখনই কিনুন|অর্ডার করুন
            tambah ke keranjang|tambahkan ke keranjang|masukkan keranjang|masukkan ke keranjang|+ keranjang|beli sekarang
            beli langsung|pesan sekarang|tambah ke troli
            thêm vào giỏ|cho vào giỏ|mua ngay|đặt hàng ngay|chọn mua
            ตะกร้า|เพิ่มไปยังรถเข็น|หยิบใส่รถเข็น|เพิ่มในรถเข็น|ใส่รถเข็น|ซื้อเลย|ซื้อทันที|ซื้อสินค้า|สั่งซื้อ
            加入购物车|我要購買|我要购买|馬上購買|加入購物車|放入购物车|放入購物車|加入购物袋|加入購物袋|放入購物袋|立即购买|立即購買|直接購買|马上购买|立即訂購|立刻購買|加到購物車|添加到购物车
            カートに入れる|カートへ入れる|カートに追加|カートに加える|かごに入れる|カゴに入れる|バッグに入れる|バスケットに入れる|今すぐ買う|今すぐ購入|購入する|購入手続き|注文する
            장바구니 담기|장바구니에 담기|장바구니담기|쇼핑백 담기|쇼핑백에 담기|카트에 담기|구매하기|바로구매|바로 구매|구입하기|주문하기|바로 주문
            lägg i varukorg|lägg i varukorgen|lägg i kundvagn|lägg i kundvagnen|lägg till i varukorg|lägg till i kundvagn
            lägg i korg|lägg i korgen|i varukorgen|lägg i shoppingbag|köp nu|beställ nu|lägg i kassen
            legg i handlekurv|legg i handlekurven|legg i handlevogn|legg i handlevognen|legg i kurv|i handlekurven|kjøp nå
            læg i kurv|læg i kurven|læg i indkøbskurv|læg i indkøbskurven|tilføj til kurv|føj til kurv|køb nu|bestil nu
            ostoskoriin|lisää koriin|lisää kassiin|osta nyt|tilaa nyt|ostukorvi|lisa korvi|osta kohe
            ielikt grozā|pievienot grozam|likt grozā|pievienot grozā|pirkt tagad
            į krepšelį|į krepšį|pirkti dabar|shto në shportë|blej tani|კალათაში|себетке салу
        """,
        Says.PRE_ORDER: """
            pre order|preorder|pre ordering|order in advance|vorbestellen|vorbestellung|précommander|précommande|précommandez
            preventa|prepedido|reservar ahora|pre encomenda|pré encomendar|pré venda|prevenda|preordina|preordine|pre ordine
            przedsprzedaż|zamów w przedsprzedaży|předobjednat|předobjednávka|predobjednať|predobjednávka|előrendelés
            előrendelem|precomandă|precomanda|предварителна поръчка|предзаказ|оформить предзаказ|передзамовлення|передзамовити
            pretprodaja|prednaroči|prednarudžba|προπαραγγελία|ön sipariş|طلب مسبق|الطلب المسبق|הזמנה מוקדמת|הזמנה מראש
            پیش خرید|پیش فروش|पूर्व आदेश|प्री ऑर्डर|prapesan|pesan awal|đặt trước|สั่งจองล่วงหน้า|พรีออเดอร์|预购|預購|预订|預訂
            予約する|予約注文|ご予約|예약구매|예약 구매|예약주문|사전예약|förbeställ|förhandsboka|förhandsbeställ|forhåndsbestill
            forudbestil|ennakkotilaa|eeltellimus|priekšpasūtīt|išankstinis užsakymas
        """,
        Says.NOTIFY: """
            notify me|notify us|get notified|email me when|e mail me when|email when available|notify when|alert me|stock alert
            join waitlist|join the waitlist|waitlist|waiting list|wait list|keep me informed|let me know when|tell me when
            back in stock alert|notify back in stock|remind me|keep me posted|email me if|sign up for restock|request restock
            benachrichtigen|benachrichtigt mich|benachrichtigung|verfügbarkeitsalarm|erinnern|e mail bei verfügbarkeit
            prévenez moi|prévenir|m'avertir|avertissez moi|alertez moi|m'alerter|être alerté|être averti|alerte stock
            alerte dispo*|informez moi|être informé|tenez moi informé
            avísame|avisarme|avísenme|notifícame|notificarme|notificar disponibilidad|avise me|avisar me|me avise|notificar me
            avisem me|avisa'm|avvisami|avvertimi|notificami|ricevi un avviso|avvisa
            mail mij|e mail mij|houd mij op de hoogte|houd me op de hoogte|laat het me weten|waarschuw mij|stuur mij een mail
            powiadom*|poinformuj*|daj znać|hlídat|hlídací pes|upozornit|upozornenie|upozorniť|strážiť|strážny pes|sledovat dostupnost
            értesít*|értesítés*|anunță mă|anunțați mă|notifică mă|alertă stoc|anunță când|уведоми*|извести ме
            сообщить о|сообщите|уведомить|узнать о поступлении|узнать о наличии|подписаться на|повідомити|повідомте|повідомлення про
            obavesti me|obavijesti|обавести ме|obvesti me|obveščaj|ειδοποίησ*|ενημερώστε με|ενημέρωσέ με
            haber ver|haberdar et|stoğa girince|gelince|أعلمني|أخبرني|نبهني|إعلامي|עדכנו אותי|עדכן אותי|הודיעו לי|הודע לי
            خبرم|اطلاع بده|به من اطلاع|मुझे सूचित|beri tahu saya|ingatkan saya|kabari saya|báo khi có hàng|báo cho tôi|nhận thông báo
            แจ้งเตือน|แจ้งเมื่อ|到货通知|到貨通知|貨到通知|缺货登记|补货通知|補貨通知|通知我|入荷通知|再入荷|入荷お知らせ|入荷のお知らせ|入荷したら
            재입고 알림|입고 알림|입고알림|재입고알림|bevaka|meddela mig|påminn mig|varsle|varsle meg|gi meg beskjed|giv besked
            giv mig besked|få besked|adviser mig|ilmoita|ilmoitus|teavita|informēt|paziņot|pranešk*|pranešti|informuoti
        """,
        Says.ELSEWHERE: """
            compare all prices|compare prices|compare offers|visit store|go to store|go to shop|see deal|view deal|where to buy
            zum shop|zum anbieter|zum angebot|alle angebote|preise vergleichen|voir l'offre|voir toutes les offres|comparer les prix
            ver oferta|ver todas las ofertas|comparar precios|ir a la tienda|ir à loja|ir para a loja|comparar preços|vedi offerta
            vai al negozio|confronta prezzi|naar de winkel|naar winkel|bekijk aanbieding|idź do sklepu|porównaj ceny|przejdź do sklepu
            do obchodu|porovnat ceny|přejít do obchodu|porovnať ceny|irány a bolt|megnézem a boltban|árak összehasonlítása|spre magazin
            compară prețurile|към магазина|в магазин|перейти в магазин|сравнить цены|сравнить все цены|где купить|до магазину
            порівняти ціни|де купити|idi u trgovinu|u prodavnicu|v trgovino|στο κατάστημα|mağazaya git|fiyatları karşılaştır|ke toko
            tới nơi bán|so sánh giá|ไปที่ร้านค้า|去商店|比价|去購買|ショップへ|最安値を見る|쇼핑몰 가기|최저가 사러가기|till butik|jämför priser
            till butiken|til butikk|til butikken|til butik|sammenlign priser|kauppaan|vertaa hintoja
        """,
        Says.CHOOSE: """
            select a size|select size|choose size|choose a size|choose your size|pick a size|select your size|select options
            choose options|choose an option|select an option|select a variant|choose a variant|please select|make a selection
            see buying options|see all buying options|select a colo*|choose a colo*|select colo*|choose style|view options
            größe wählen|größe auswählen|wähle deine größe|wähle eine größe|bitte wählen|bitte auswählen|variante wählen
            ausführung wählen|farbe wählen|optionen wählen|ausführungen|alle kaufoptionen|kaufoptionen
            choisir une taille|choisissez une taille|sélectionnez une taille|sélectionner une taille|choisir la taille
            sélectionnez votre taille|choisir ma taille|choix des options|sélectionnez une option|choisir les options
            elige una talla|elige tu talla|selecciona talla|selecciona una talla|seleccionar talla|seleccionar opciones
            seleccione una opción|elegir opciones|elige una opción|selecione um tamanho|selecione o tamanho|escolha o tamanho
            escolha um tamanho|ver opções|seleciona|seleziona taglia|seleziona una taglia|scegli taglia|scegli la taglia
            seleziona la taglia|scegli una taglia|scegli le opzioni|kies een maat|kies je maat|kies maat|selecteer een maat
            selecteer maat|opties selecteren|maak een keuze|wybierz rozmiar|wybierz wariant|wybierz opcje
            zvolte velikost|vyberte velikost|vyberte variantu|zvolte variantu|vyberte veľkosť|zvoľte veľkosť|zvoľte variant
            válassz méretet|válasszon|méret kiválasztása|opciók választása|alege mărimea|selectează mărimea|alege opțiuni
            избери размер|изберете|выберите размер|выбрать размер|выберите вариант|оберіть розмір|вибрати розмір|оберіть варіант
            odaberi veličinu|izaberi veličinu|izaberite|odaberite|izberi velikost|izberite|изабери величину
            επιλέξτε μέγεθος|επιλογή μεγέθους|επιλέξτε|beden seç*|seçenek seç*|اختر المقاس|اختر الحجم|تحديد الخيارات|حدد الخيارات
            בחר מידה|בחרו מידה|בחר אפשרויות|انتخاب سایز|انتخاب گزینه*|साइज़ चुनें|pilih ukuran|pilih varian|pilih opsi
            chọn size|chọn kích thước|lựa chọn các tùy chọn|เลือกไซส์|เลือกขนาด|เลือกรูปแบบ|选择尺码|選擇尺寸|選擇尺碼|请选择|請選擇|选择规格|選擇規格
            サイズを選択|サイズを選ぶ|サイズ選択|オプションを選択|사이즈 선택|옵션 선택|옵션을 선택|사이즈를 선택
            välj storlek|välj alternativ|velg størrelse|velg alternativ|vælg størrelse|vælg muligheder|vælg variant
            valitse koko|valitse vaihto*|vali suurus|izvēlieties izmēru|pasirinkite dydį|pasirinkti savybes
        """,
    }
)
"""Phrases that mean it wherever they stand on a button."""

_BARE = Phrases(
    {
        Says.BUY: """
            buy|order|purchase|reserve|kaufen|bestellen|reservieren|acheter|commander|réserver|comprar|compre|pedir|encargar
            encomendar|acquista|compra|ordina|prenota|acquistare|kopen|bestel|koop|reserveren|kup|kupuję|kupuj|zamów|zamawiam|zarezerwuj
            koupit|koupím|objednat|rezervovat|kúpiť|objednať|rezervovať|vásárlás|rendelés|megrendelés|cumpără|comandă|rezervă
            купи|поръчай|поръчка|резервирай|купить|заказать|забронировать|приобрести|купити|замовити|придбати
            kupi|naruči|rezerviraj|rezerviši|naroči|наручи|αγορά|παραγγελία|sipariş ver|شراء|اشتري|اطلب|קנה|הזמן|הזמנה|רכישה
            خرید|سفارش|खरीदें|beli|pesan|mua hàng|đặt hàng|đặt mua|mua|ซื้อ|购买|購買|訂購|下单|下單|結帳購買|購入|注文|구매|구입|주문|담기
            köp|handla|beställ|reservera|boka|kjøp|bestill|reserver|køb|bestil|osta|tilaa|varaa|telli|pirkt|pasūtīt|pirkti
            užsakyti|blej|ყიდვა|сатып алу|almaq
        """
    }
)
"""Words that mean it where the button says little else."""

_NOT_FOR_IT = Phrases(
    {
        True: """
            go to|view|see|show|continue shopping|gift card|guide|how to|buy back|buyback|status|track|my orders|history|sample
            all three|both|all items|selected items|remove|edit|wishlist|wish list|list|compare|price alert|price drop|terms
            again|weiter einkaufen|zur kasse|anzeigen|ansehen|zum warenkorb|ratgeber|wunschliste|merkzettel|muster|preisalarm
            verkaufen|voir|continuer|échantillon|guide d'achat|liste|ver carrito|ver mi|ver carro|ver cesta|ver bolsa|ver más|ir al|ir a|seguir comprando|continuar|lista|muestra
            vai al|vedi|visualizza|campione|bekijk|naar|verder winkelen|przejdź|zobacz|kontynuuj|przejit|přejít|zobrazit|pokračovat
            prejsť|zobraziť|pokračovať|megtekintés|vezi|mergi|виж|перейти|посмотреть|показать|продолжить|перейти до|переглянути
            pogledaj|idi na|poglej|δείτε|git|görüntüle|عرض|לצפייה|מעבר|مشاهده|देखें|lihat|xem|ดู|查看|見る|表示|確認|보기|이동
            visa|gå till|till kassan|se|vis|gå til|fortsett|fortsæt|siirry|näytä|vaata|skatīt|peržiūrėti
        """
    }
)
"""What makes it another button: the cart itself, a list, help, several products at once."""

_NAMES = frozenset({"addtocart", "add2cart", "addtobasket", "addtobag", "buynow", "buybutton", "buybtn", "btnbuy"})
_NAME_PAIRS = frozenset({("buy", "btn"), ("buy", "button"), ("buy", "now"), ("btn", "buy"), ("button", "buy")})
_OF_NAMES = _NAMES | {"add", "buy"}
"""One of these is in every such name."""
_PLACES = frozenset({"cart", "basket", "bag", "trolley"})
_NOT_NAMES = frozenset(
    {"wishlist", "compare", "qty", "quantity", "minus", "plus", "view", "remove", "favorite", "close"}
)


_ADD_IT = re.compile(
    r"(?:add|ajoute[rz]|anadir|agregar|aggiungi|adicionar) .+ "
    r"(?:to (?:(?:your|my|the|shopping) )*(?:cart|basket|bag|trolley)|au panier|al carrito|al carro|a la cesta|al carrello|ao carrinho)"
)
"""With the product's name between, as labels for screen readers have it."""


@lru_cache(maxsize=4096)
def what_label_says(label: str) -> Says | None:
    """What a button with this text is for, in any of the languages known; None for all others."""
    text = folded(label[: LONGEST_LABEL * 4])
    if not text or len(text) > LONGEST_LABEL or not any(map(str.isalpha, text)):
        return None
    found = [says for _, _, says in _ANYWHERE.find(text)]
    for says in (Says.NOTIFY, Says.CHOOSE, Says.ELSEWHERE):
        if says in found:
            return says
    if _NOT_FOR_IT.first(text):
        return None
    if found:
        return Says.PRE_ORDER if Says.PRE_ORDER in found else Says.BUY
    return _bare(text)


def _bare(text: str) -> Says | None:
    """`Buy`, `Buy for 20 EUR`, `Add Blue kettle to cart`"""
    says = Says.BUY if _ADD_IT.fullmatch(text) else _BARE.whole(text)
    if says is not None or not any(letter.isdecimal() for letter in text):
        return says
    start, end, says = next(iter(_BARE.find(text)), (1, 0, None))
    rest = sum(any(letter.isalpha() for letter in word) for word in text[end:].split())
    return says if start == 0 and text[end : end + 1] == " " and rest <= _OTHER_WORDS else None


def labels_in(texts: Sequence[str]) -> list[tuple[int, Says, bool]]:
    """(index, what for, whether it says so in full) of each text that reads like a button's."""
    joined = folded("\0".join(text if len(text) <= LONGEST_LABEL else "" for text in texts))
    plain = joined.split("\0")
    starts = list(accumulate((len(text) + 1 for text in plain), initial=0))
    full = {bisect_right(starts, start) - 1 for start, _, _ in _ANYWHERE.find(joined)}
    bare = {index for index, text in enumerate(plain) if text and _BARE.holds(text)}
    said = ((index, what_label_says(texts[index])) for index in sorted(full | bare))
    return [(index, says, index in full) for index, says in said if says]


def what_control_says(control: Control) -> Says | None:
    """What a button is for, by its text, else by the words of its class and name."""
    text = control.text
    if text and (says := what_label_says(text)):
        return says
    if len(text) > LONGEST_LABEL or not is_named_to_buy(control.words):
        return None
    return None if _is_another(text) else Says.BUY


@lru_cache(maxsize=4096)
def _is_another(label: str) -> bool:
    return _NOT_FOR_IT.first(folded(label)) is not None


def is_named_to_buy(words: Sequence[str]) -> bool:
    """Whether class, id and name of an element say that it puts something into the cart."""
    near = words[:_NEAR_WORDS]
    if _OF_NAMES.isdisjoint(near) or not _NOT_NAMES.isdisjoint(near):
        return False
    is_add = "add" in near and not _PLACES.isdisjoint(near)
    return is_add or not _NAMES.isdisjoint(near) or any(pair in _NAME_PAIRS for pair in pairwise(near))


def is_buy_control(control: Control) -> bool:
    """Whether a button is there to buy, order or reserve the product, now or in advance, also where it is disabled."""
    return what_control_says(control) in (Says.BUY, Says.PRE_ORDER)
