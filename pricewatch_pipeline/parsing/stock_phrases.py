"""The phrases in which shops speak of stock and delivery, in the languages people shop in."""

from enum import Enum

from pricewatch_pipeline.domain.offers import Availability
from pricewatch_pipeline.parsing.phrases import Phrases


class Mark(Enum):
    NOT = "not"
    """Turns what follows into its contrary."""
    VOID = "void"
    """Makes it no statement on stock now: a condition, a question, a filter, another place."""


_STRONG = {
    Availability.OUT_OF_STOCK: """
            out of stock|sold out|not in stock|currently unavailable|temporarily unavailable
            out of print|temporarily sold out|no longer in stock|0 in stock|0 left in stock|0 left|stock 0|not currently available|we're sold out
            no featured offers available|item unavailable|product unavailable|waitlist only
            back in stock soon|be back in stock|back in stock on|back soon|bald wieder verfügbar|bald wieder lieferbar|bald wieder auf lager
            in kürze wieder|bientôt de retour|de retour bientôt|retour en stock prévu|pronto disponible de nuevo|volverá a estar disponible
            presto di nuovo disponibile|binnenkort weer op voorraad|binnenkort weer leverbaar|weer op voorraad vanaf
            snart i lager igen|snart på lager igen|snart tilbage på lager|wkrótce ponownie dostępn*|brzy skladem|opět skladem od
            ausverkauft|nicht lieferbar|nicht auf lager|nicht vorrätig|vergriffen|nicht mehr vorrätig
            leider ausverkauft|nicht bestellbar|derzeit nicht verfügbar|kein bestand
            nicht am lager|nicht mehr auf lager|online nicht verfügbar|nicht an lager|restlos ausverkauft
            rupture de stock|en rupture|épuisé*|plus en stock
            hors stock|actuellement indisponible|victime de son succès|stock épuisé|pas en stock|stock rupture
            agotad*|sin stock|fuera de stock|sin existencias|sin inventario|no hay stock|no hay existencias
            sin disponibilidad|no está disponible|esgotad*|sem estoque|sem stock|fora de estoque
            produto indisponível|exhaurit|sense estoc|avise me quando|esaurit*
            non in stock|fuori stock|sin existencia
            uitverkocht|niet op voorraad|niet leverbaar|geen voorraad|tijdelijk uitverkocht|niet meer leverbaar
            niet voorradig
            brak w magazynie|brak towaru|wyprzedan*|produkt niedostępny|chwilowo niedostępn*|brak na stanie
            nakład wyczerpany|vyprodán*|vyprodan*|není skladem|neni skladem|nie je skladom|vypredan*|momentálně nedostupn*
            není na skladě|nie je na sklade|není k dispozici|momentálne nedostupn*|dočasně vyprodáno
            nincs raktáron|elfogyott|nincs készleten|nem kapható|nem rendelhető
            készlethiány|nincs készlet|stoc epuizat|epuizat|nu este în stoc|lipsă stoc|fără stoc|stoc 0|nu e în stoc
            временно отсутству*|товар отсутству*|тимчасово відсутн*|товар відсутній
            нет в наличии|нет на складе|распродан*|нет в продаже|раскуплен*
            недоступен для заказа|товара нет|товар недоступен|не в наличии|товар закончился
            немає в наявності|нема в наявності|немає на складі|розпродано|закінчився|закінчилася|нет у наявності
            не е наличен|не е налично|изчерпан*|няма в наличност|няма наличност|неналичен|неналично|изчерпано количество
            rasprodan*|nema na zalihi|nema na stanju|nije na zalihi|nije na stanju|распродато|нема на стању
            razprodano|ni na zalogi|ni zaloge|ni na voljo|εξαντλή*|εξαντλημέν*
            χωρίς απόθεμα|εκτός αποθέματος|tükendi|stokta yok|stok yok|stokta bulunmamaktadır|mevcut değil|stoklarımızda bulunma*
            temin edileme*|temin edilemi*|satışta değil|stokda yoxdur|نفذت الكمية|نفدت الكمية|نفذ من المخزون|نفد من المخزون
            انتهى من المخزون|إنتهى من المخزون
            אזל מהמלאי|אזל מן המלאי|אזל המלאי|לא במלאי|אינו במלאי|אינה במלאי|חסר במלאי|המלאי אזל
            ناموجود|موجود نیست|اتمام موجودی|ناموجود است|عدم موجودی|स्टॉक में नहीं|स्टॉक ख़त्म|अनुपलब्ध
            stok habis|habis terjual|stok kosong|kehabisan stok|habis stok|barang habis
            hết hàng|tạm hết hàng|không có sẵn|ngừng bán|cháy hàng|tạm hết|đã bán hết
            สินค้าหมด|หมดสต็อก|หมดสต๊อก|ของหมด|ไม่มีสินค้า|สินค้าหมดชั่วคราว|ขายหมดแล้ว
            缺货|缺貨|无货|無貨|售罄|售完|已售完|暂无库存|暫無庫存|库存不足|庫存不足|无库存|無庫存|賣完|补货中|補貨中|断货|斷貨|没有库存|暂时缺货|到貨通知|已售罄
            在庫切れ|在庫なし|在庫無し|売り切れ|売切れ|品切れ|完売|在庫がありません|入荷待ち|品切中|取り扱いできません|在庫×|欠品|ソールドアウト|販売終了しました
            在庫がございません|在庫はございません|在庫はありません|在庫がない|在庫無
            품절|재고 없음|재고없음|일시품절|매진|재고가 없습니다|일시 품절|구매 불가|구매불가
            slut i lager|slutsåld*|ej i lager|finns ej i lager|tillfälligt slut|slut i webblager|inte i lager|slut på lager
            utsåld|utsolgt|ikke på lager|tomt på lager|midlertidig utsolgt|udsolgt
            ikke på lager|midlertidigt udsolgt|loppu varastosta|loppuunmyyty|ei varastossa|tilapäisesti loppu*|loppunut varastosta
            loppuunmyyty|varasto loppu|ei ole saatavilla|läbi müüdud|laost otsas|izpārdots
            nėra sandėlyje|išparduota|nėra prekyboje|prekės nėra|нема на залиха|e shitur|არ არის მარაგში|нет на складах
        """,
    Availability.IN_STOCK: """
        almost sold out|nearly sold out|selling out fast|almost out of stock|fast ausverkauft|bald ausverkauft|presque épuisé|bientôt épuisé
        bientôt en rupture|casi agotado|quase esgotado|quasi esaurito|bijna uitverkocht|prawie wyprzedane|skoro vyprodáno|téměř vyprodáno
        takmer vypredané|hamarosan elfogy|aproape epuizat|почти изчерпан*|почти распродан*|скоро закончится|майже розпродано
        skoro rasprodano|σχεδόν εξαντλήθηκε|tükenmek üzere|hampir habis|sắp hết hàng|ใกล้หมด|即将售罄|即將售完|即将售完|快售完|まもなく完売|품절임박
        품절 임박|nästan slutsåld|snart slutsåld|snart slut|nesten utsolgt|snart utsolgt|næsten udsolgt|snart udsolgt|melkein loppu|pian loppu
            only # left|# left|just # left|# available|# pieces left|nur noch # stück|noch # stück|noch # verfügbar
            plus que # en stock|sólo queda* #|solo queda* #|queda* #|resta* #|só resta* #
            solo # rimast*|ne restano #|nog # op voorraad|zostało #|ostatnie # szt|už jen #
            poslední # ks|posledné # ks|posledných # ks|# ks skladem|# ks skladom|már csak #|doar # bucăți|mai sunt #
            осталось #|осталась #|осталось всего #|залишилось #|залишилось лише #|останаха #|još samo #|samo še #|μόνο # απομένουν
            son # ürün|son # adet|متبقي #|تبقى #|נותרו #|נשארו #|تنها # عدد|केवल # बचे|sisa #|tersisa #|chỉ còn #|
            เหลือ #|เหลือเพียง #|仅剩 #|仅剩#|僅剩#|只剩#|剩余#|剩餘#|庫存#|库存#|残り#|남은수량 #|#개 남음|bara # kvar|endast # kvar
            # i lager|kun # igjen|# på lager|kun # tilbage|atlikuši #|in stock|in store and online|available immediately|available to order|ready to ship|ships today
            ships immediately|usually ships|usually dispatched|ready for dispatch|available for delivery|left in stock
            only 1 left|items left|dispatched within|available to ship|available for shipping|in stock now
            available from these sellers|in stock online|ready to dispatch
            available for immediate|on stock|in our warehouse|stock available|few left|pieces left
            erhältlich bei diesen anbietern|erhältlich bei diesen händlern|new and used from|neu und gebraucht|neu & gebraucht
            neufs et d'occasion|nuevos y de segunda mano|nuevos y usados|nuovi e usati|nuovo e usato|novos e usados
            auf lager|an lager|lagernd|am lager|sofort lieferbar|sofort verfügbar|lagerware|versandfertig
            sofort versandfertig|online verfügbar|ab lager|auf lager lieferbar|kurzfristig lieferbar|bald verfügbar nur noch
            verfügbar bei diesen anbietern|sofort bestellbar|lieferung möglich|auf vorrat|wenige verfügbar
            en stock|disponible immédiatement|disponible en ligne|expédié sous|disponible sous|stock disponible|en magasin et en ligne
            livraison immédiate|disponible auprès de|il ne reste plus que|article disponible|produit disponible|expédié sous 24h
            expédition immédiate|expédié en|prêt à être expédié
            en existencia|en stock|hay existencias|disponible para entrega|disponible a través de|hay stock
            envío inmediato|entrega inmediata|disponibilidad inmediata|últimas unidades|stock disponible|en existencias|sólo queda*
            solo queda*|queda* en stock|últimas disponibles|recíbelo|estoc disponible|hi ha estoc
            em estoque|em stock|disponível em estoque|pronta entrega|envio imediato|últimas unidades|apenas restam
            disponibilidade imediata|em estoque disponível
            disponibilità immediata|disponibile subito|pronta consegna|disponibile in magazzino|disponibile da|in magazzino
            disponibile online|disponibile presso|disponibilità buona|spedizione immediata|disponibile per la spedizione|ultimi pezzi
            disponibile ora|immediatamente disponibile|pronto per la spedizione|solo 1 rimast*|ne restano
            op voorraad|direct leverbaar|uit voorraad|voorradig|direct beschikbaar|online op voorraad|ruime voorraad
            beperkte voorraad|morgen in huis|vandaag besteld
            w magazynie|dostępny od ręki|dostępne od ręki|na magazynie|produkt dostępny|wysyłka w 24|jest na stanie
            dostępny online|dostępność duża|duża ilość|mała ilość|średnia ilość|wysyłka natychmiast|towar dostępny|ostatnie sztuki
            wysyłka dzisiaj|wysyłka w
            skladem|na skladě|skladom|na sklade|ihned k odeslání|k odeslání|ihneď k odoslaniu|máme na skladě|expedujeme
            ihned k expedici|posledné kusy|poslední kusy|na centrálním skladě|ihneď na odoslanie|ihned k dispozici
            raktáron|készleten|azonnal szállítható|azonnal átvehető|készleten van|van raktáron|külső raktáron
            azonnal elérhető|raktárról|külső raktáron|
            în stoc|pe stoc|disponibil imediat|stoc disponibil|produs disponibil|stoc suficient|stoc limitat|ultimele bucăți
            în stoc magazin|în stoc furnizor|livrare imediată|disponibil online|disponibil în stoc
            в наличии|есть в наличии|на складе|есть на складе|товар в наличии|готов к отправке|готово к выдаче|есть в продаже
            в наличие|доступен к заказу|доступно для заказа
            в наявності|є в наявності|на складі|є на складі|готовий до відправлення|готово до відправки
            в наличност|налично|на склад|в налич|на разположение|има в наличност
            na zalihi|na stanju|dostupno odmah|raspoloživo|na lageru|на стању|на залихама|isporuka odmah|dostupno za isporuku|на залиха
            na zalogi|takoj dobavljivo|je na zalogi|dobavljivo takoj
            σε απόθεμα|άμεσα διαθέσιμ*|ετοιμοπαράδοτ*|σε στοκ|άμεση παραλαβή|άμεση παράδοση|παράδοση σε
            stokta|stokta var|stoktan teslim|hızlı teslimat|hemen teslim|aynı gün kargo|stokda var|son 1 ürün|stok var|bugün kargoda
            متوفر في المخزون|متوفر الآن|في المخزون|متوفر بالمخزون
            במלאי|קיים במלאי|זמין במלאי|יש במלאי|נמצא במלאי
            موجود در انبار|موجود است|آماده ارسال|موجود در فروشگاه|در انبار موجود|स्टॉक में|स्टॉक में है
            stok tersedia|ready stock|stok ada|siap kirim|sisa stok|stok tersisa|tersedia stok
            còn hàng|có sẵn|sẵn hàng|còn sản phẩm|giao ngay|sẵn sàng giao|tình trạng còn
            มีสินค้า|มีสต็อก|พร้อมส่ง|มีของ|สินค้าพร้อมส่ง|พร้อมจัดส่ง
            有货|有貨|现货|現貨|库存充足|庫存充足|尚有庫存|有庫存|有库存|庫存有貨|現貨供應|即时发货|庫存緊張|库存紧张|仅剩|僅剩|剩餘
            在庫あり|在庫有り|在庫有|在庫◎|在庫○|即納|残りわずか|お取り寄せ可|取り寄せ可|即日発送|当日発送|在庫わずか|在庫残|出荷可能|発送可能|通常配送
            재고 있음|재고있음|당일발송|구매 가능|구매가능|주문 가능|주문가능|판매중|판매 중|재고 보유|오늘출발|당일출고|남은수량
            i lager|finns i lager|i webblager|leveransklar|skickas inom|på lager|få kvar|finns online|i vårt lager
            fåtal kvar|lager i webbshop|levereras inom|skickas idag
            på lager|på lager nå|klar til sending|sendes innen|få igjen|på nettlager|tilgjengelig på nett|finnes på lager
            på lager online|klar til levering|få på lager|afsendes|sendes i dag|sendes inden
            varastossa|heti saatavilla|heti toimitettavissa|toimitettavissa|valmis lähetettäväksi
            kohe saadaval|noliktavā|ir noliktavā|pieejams uzreiz
            sandėlyje|turime sandėlyje|yra sandėlyje|prekė yra|yra prekyboje|մեզ մոտ կա|მარაგშია|ka stok|në stok|қоймада бар
        """,
    Availability.PRE_ORDER: """
            available for pre order|available to pre order|pre order now|pre order item|pre order|not yet released
            not yet published|jetzt vorbestellen|vorbestellbar|vorbestellung
            noch nicht erschienen|demnächst verfügbar|précommande|en précommande|à paraître|bientôt disponible|pas encore paru
            en preventa|preventa|disponible próximamente|próximo lançamento|pré venda|disponível em breve
            in prenotazione|prenotabile|disponibile a breve|in preorder|nog niet verschenen
            binnenkort leverbaar|te reserveren|przedsprzedaż|wkrótce w sprzedaży|przedsprzedaz|předobjednávka
            předprodej|predobjednávka|előrendelhető|hamarosan érkezik|előjegyezhető|precomandă
            в ближайшее время в продаже|скоро в продаже|предзаказ|скоро в наличии|передзамовлення|скоро у продажу|предстоящо
            u pretprodaji|v prednaročilu|kmalu na voljo|προπαραγγελία|σύντομα κοντά σας|ön sipariş
            طلب مسبق|הזמנה מוקדמת|پیش فروش|pra pesan|segera hadir|sắp có hàng|sắp ra mắt|hàng sắp về|đặt trước
            สั่งจองล่วงหน้า|เร็วๆ นี้|即将上市|即將上市|預購|预售|預售|即将发售|即將發售|予約受付中|予約商品|発売予定|近日発売|予約可|발매예정|예약판매|출시예정|입고예정|판매예정
            förbeställ|förhandsbokning|forhåndsbestilling|forudbestilling|på vej hjem|ennakkotilattavissa
            ennakkotilaus|greitai prekyboje
        """,
    Availability.BACK_ORDER: """
            back order|on back order|on backorder|backorder|backordered|available on back order|available on backorder|restocking soon
            liefertermin unbekannt|liefertermin offen|nachbestellt|wird nachbestellt|nachlieferung|en réapprovisionnement|réapprovisionnement en cours
            in riassortimento|in backorder|in nabestelling|nabestelling|restorder|restordre
            ожидается поступление|очікується надходження
            在庫待ち|お取り寄せ
        """,
    Availability.DISCONTINUED: """
            no longer available|no longer sold|no longer produced|permanently unavailable|permanently sold out
            this item has been discontinued|no longer for sale|this listing was ended|listing has ended|no longer stocked|retired product
            nicht mehr verfügbar|nicht mehr lieferbar|nicht mehr erhältlich|auslaufartikel ausverkauft|nicht mehr im sortiment
            n'est plus disponible|n'est plus en vente|n'est plus vendu|plus commercialisé|produit arrêté|fin de série épuisé|n'est plus commercialisé|définitivement épuisé
            ya no está disponible|ya no disponible|producto descontinuado|descontinuad*|fora de linha
            não está mais disponível|fuori produzione|non più disponibile|fuori catalogo|non è più disponibile
            niet meer verkrijgbaar|niet meer beschikbaar|uit assortiment|uit het assortiment|wycofan*|produkt wycofany|już niedostępn*
            prodej ukončen|prodej skončil|prodej byl ukončen|ukončený prodej|již není v nabídce|predaj ukončený|predaj skončil|již není v prodeji|výprodej ukončen
            már nem kapható|kifutott termék|scos din ofertă|nu mai este disponibil|retras din ofertă
            товар снят с продажи|снят с продажи|снято с продажи|снят с производства|снято с производства|больше не продаётся|больше не производится
            знято з виробництва|знятий з виробництва|більше не продається|спрян от производство|вече не се предлага
            više nije dostupan|povučen iz prodaje|ni več na voljo|ukinjeno|καταργήθηκε|δεν διατίθεται πλέον|üretimi durduruldu
            artık satılmıyor|satıştan kaldırıldı|لم يعد متوفرا|תם המלאי|توقف تولید|tidak lagi dijual|ngừng kinh doanh
            ngừng sản xuất|เลิกจำหน่าย|เลิกผลิต|停产|停產|已下架|販売終了|生産終了|取扱終了|廃番|販売を終了|단종|판매종료|판매 종료|판매중지
            utgått|har utgått|utgår ur sortimentet|har utgått ur sortimentet|utgått ur sortimentet|utgått fra sortimentet|udgået
            utgått produkt|poistunut valikoimasta|tootmine lõpetatud|vairs nav pieejams|nebeprekiaujama|nebegaminama
        """,
}
"""Statements that mean it within a short text."""

_WEAK = {
    Availability.OUT_OF_STOCK: """
            unavailable|not available|nicht verfügbar|indisponible|non disponible|plus disponible|pas disponible
            no disponible|indisponíve*|não disponível|non disponibil*|indisponibile|niet beschikbaar|onbeschikbaar
            niedostępn*|nedostupn*|nem elérhető|indisponibil*|nije dostupn*|nedostupan
            μη διαθέσιμ*|غير متوفر|غير متاح|غير متوفرة|לא זמין|אינו זמין|उपलब्ध नहीं|tidak tersedia|ej tillgänglig
            ikke tilgjengelig|ikke tilgængelig|ei saatavilla|momentan nicht|zur zeit nicht|zurzeit nicht
            al momento non|momenteel niet|tijdelijk niet|átmenetileg nem|jelenleg nem|trenutno ni|temporalmente sin
            non dispo|no disponibles|terminato|otsas|neturime|نفذ|نفد|אזל|закончился|закончилась|закончились
            0 available|0 pieces|0 units|0 auf lager|0 verfügbar|0 stück|0 en stock|0 disponible*|0 unidades|0 unités|0 em estoque|0 disponibili
            0 op voorraad|0 stuks|0 szt|0 sztuk|0 ks|0 db|0 buc|0 шт|0 в наличии|0 на складе|0 в наявності|0 adet|0 på lager|0 i lager|0 st|0 kpl
            loppunut|lopussa|nicht zur verfügung|nie je dostupn*|none in stock|no stock|not orderable|unavailable online|تمام شد|nav pieejams
            nav noliktavā|δεν είναι διαθέσιμ*
        """,
    Availability.IN_STOCK: """
            available now|available online|lieferbar|vorrätig|nur noch|plus que|disponible online|disponível
            leverbaar|nog maar|много|мало|под заказ|осталось|остаток|διαθέσιμ*|متوفر|متاح|متوفره|متوفرة|זמין|נשארו
            موجود|उपलब्ध|tersedia|tillgänglig|leveranstid|leveringstid|lagervare|lagervarer|toimitusaika|saatavilla
            toimitetaan|laos|saadaval|olemas|laos olemas|pieejams|ir pieejams|turime|rendelhető|kapható|dobavljivo
            zaloga|k odběru|na stanie|wysyłamy|dispo|available|verfügbar|disponible|disponibile|disponibili
            disponibles|beschikbaar|dostępny|dostępna|dostępne|dostupné|dostupný|k dispozici|dostupne|dostupno
            dostupan|elérhető|disponibil|доступно|доступен|доступна|наличен|mevcut|lagerförs|in arrivo|ships in
            ships within|закінчується|залишилось|low stock|selling fast|almost gone|last one|last few|limited stock
            do 24 hodin
        """,
    Availability.PRE_ORDER: """
            coming soon|erscheint|erscheint am|in arrivo|tulossa|tulekul|prihaja|očekáváme|очаквайте
            verwacht op|in uscita|zapowiedź|uskoro|drīzumā|yakında|قريبا|בקרוב|به زودی|em breve|próximamente
            prossimamente|în curând|kommer snart|släpps|připravujeme|pripravujeme|available soon|αναμένεται
        """,
    Availability.BACK_ORDER: """
            bajo pedido pendiente|ожидается|очікується|на доставке|na cestě|očekujeme|取り寄せ|more on the way
            restnoteret
        """,
    Availability.DISCONTINUED: """
            eingestellt|arrêté|הופסק|discontinued|utgår|poistunut|товар снят|下架|end of life|megszűnt
            kifutott|discontinuad*|descatalogad*
        """,
}
"""Statements that mean it only where the text says little else: pictures and payments are unavailable too."""

STATEMENTS = Phrases(
    {(kind, False): text for kind, text in _STRONG.items()} | {(kind, True): text for kind, text in _WEAK.items()}
)
"""With whether it is weak."""

ANSWERS = Phrases(
    {
        Availability.IN_STOCK: """
            yes|ja|oui|sí|si|sim|tak|ano|áno|igen|da|да|так|є|есть|ναι|evet|var|نعم|כן|بله|हाँ|ya|có|ใช่|有|是|あり|있음|kyllä|jah|jā|taip
            online|lager|på lager|in store|#|# pcs|# pc|# pieces|# units|# items|# available|# stück|# stk|# st|# vorrätig|# pièces|# unités
            # unidades|# uds|# ud|# pezzi|# pz|# stuks|# szt|# sztuk|# ks|# db|# buc|# бр|# шт|# kom|# kos|# τεμ|# adet|# buah|# pcs tersedia
            # cái|# 個|# 点|# 件|# 개|# kpl|# tk|# gab|# vnt|# יח
        """,
        Availability.OUT_OF_STOCK: "0|отсутствует|відсутній|відсутня|no|nein|non|não|nie|ne|nem|nu|не|нет|ні|όχι|hayır|yok|لا|לא|خیر|नहीं|tidak|không|ไม่|无|無|否|なし|없음|nej|nei|ei|nē",
    }
)
"""What means it only behind a label such as `in stock:`."""

SUBJECTS = Phrases(
    {
        True: """
            this|the|item|product|article|is|are|it|has been|have been|wurde|wurden|a été|ont été|ha sido|foi|è stato|è stata|został|została|sorry|unfortunately|we are|currently|temporarily|now|still|selected|variant|online
            der|die|das|dieser|dieses|artikel|produkt|ist|leider|derzeit|momentan|aktuell|zurzeit|wieder|online|sofort|noch|steht|stehen
            le|la|ce|cet|cette|l'article|produit|est|désolé|actuellement|momentanément|temporairement|malheureusement|en ligne|variante
            el|este|esta|artículo|producto|está|es|lo sentimos|actualmente|temporalmente|por el momento|momentáneamente
            o|este|produto|item|está|é|no momento|temporariamente|atualmente|infelizmente|il|questo|articolo|prodotto|è|al momento
            attualmente|momentaneamente|spiacenti|dit|het|deze|product|artikel|is|helaas|momenteel|tijdelijk|ten|ten produkt|produkt
            jest|obecnie|chwilowo|niestety|toto|tento|zboží|tovar|je|momentálně|momentálne|dočasně|dočasne|bohužel|a|ez|termék|jelenleg
            átmenetileg|sajnos|produsul|acest|este|momentan|temporar|продукт|продуктът|товар|этот|сейчас|временно|цей|зараз|тимчасово
            в момента|proizvod|artikl|trenutno|ovaj|izdelek|производ|το|προϊόν|είναι|προσωρινά|bu|ürün|ürünümüz|şu anda|geçici olarak
            المنتج|هذا|حاليا|المنتج حاليا|המוצר|הפריט|כרגע|זמנית|این|کالا|محصول|در حال حاضر|produk|produk ini|barang|saat ini|sản phẩm|tạm thời
            denna|den här|produkten|varan|är|just nu|tyvärr|tillfälligt|denne|varen|er|desværre|dessverre|midlertidigt|midlertidig
            tämä|tuote|on|tällä hetkellä|valitettavasti|toode|ei ole|hetkel|prece|produkts|šobrīd|prekė|šiuo metu|yra
        """
    }
)
"""What a statement speaks of, and other words before it that change nothing."""

LABELS = Phrases(
    {
        True: """
            availability|available quantity|quantity available|current stock|stock quantity|stock level|qty available|in stock quantity|stock|stock status|status|inventory|item availability|product availability
            verfügbarkeit|lagerbestand|lieferstatus|lieferbarkeit|lagerstatus|bestand|disponibilité|état du stock|disponibilidad|existencias
            disponibilidade|estoque|disponibilità|giacenza|beschikbaarheid|voorraad|levertijd|dostępność|stan magazynowy|dostupnost
            sklad|skladová dostupnost|dostupnosť|elérhetőség|raktárkészlet|készlet|készletinfó|disponibilitate|stoc|наличност|наличие
            наличие товара|доступность|статус|наявність|доступність|dostupnost|raspoloživost|доступност|razpoložljivost|zaloga
            διαθεσιμότητα|απόθεμα|stok durumu|stok|التوفر|حالة المخزون|توفر|זמינות|מלאי|وضعیت|موجودی|وضعیت موجودی|उपलब्धता|ketersediaan
            stok|tình trạng|tồn kho|kho hàng|สถานะ|สถานะสินค้า|สต็อก|库存|庫存|库存状态|庫存狀態|在庫|在庫数|在庫状況|在庫状態|库存数量|庫存數量|剩餘數量|재고|재고수량|재고 수량|남은수량|재고상태|재고 상태|lagerstatus
            lagersaldo|lager|tillgänglighet|tilgjengelighet|lagerbeholdning|tilgængelighed|lagerstatus|saatavuus|varastotilanne
            varastosaldo|saadavus|laoseis|pieejamība|prieinamumas|likutis
        """
    }
)

MARKS = Phrases(
    {
        Mark.NOT: """
            not|isn't|no|never|not enough|insufficient|assez de|suficientes|abbastanza|insufficienti|insuficientes|onvoldoende|недостаточно|недостатньо|nicht|kein|keine|pas|n'est|no está|não|nao|non|niet|geen|nie|nie jest|není|neni|nem|nincs|nu este|не|нет
            нема|немає|нямa|няма|nije|nema|δεν|değil|yok|غير|ليس|לא|אין|אינו|نیست|नहीं|tidak|belum|không|chưa|ไม่|ej|inte|ikke|ei ole|nav|nėra
        """,
        Mark.VOID: """
            when|if|once|whenever|until|before|after|bevor|avant|antes|prima|voordat|back in stock|check|show|only show|find in|in stores near|in store near|reviews|question|in stock items
            wenn|sobald|falls|wieder|nur verfügbare|prüfen|filiale|quand|lorsque|vérifier|dès que|cuando|si está|verificar
            disponibilidad en tienda|quando|verifica|wanneer|zodra|gdy|kiedy|jeśli|sprawdź|až bude|jakmile|zkontrolovat|amikor
            când|dacă|când|когда|если|как только|проверить|узнать о|коли|якщо|когато|ако|kada|όταν|εάν|olunca|girince|zaman|عند
            إذا|כאשר|כש|اگر|वापस|जब|jika|ketika|khi|nếu|เมื่อ|หาก|如果|入荷したら|되면|när|hvis|når|jos
            payment|credit card|cards|coupon|voucher|financing|finance|in colours|in colors|colours|colors|sizes|versions|languages|download|app|instore|click & collect|pickup
            reward|points|zahlung|gutschein|paiement|pago|pagamento|płatność|оплата|store|stores|shop|magasin|tienda|negozio|winkel|sklepie
            prodejně|üzlet|magazin|магазинах|магазине|mağaza|butik|butikker|myymälä
        """,
    }
)


DELIVERY = Phrases(
    {
        True: """
            delivery time|delivery in|delivered in|delivered by|delivery by|get it by|get it in|arrives by|arrives in|estimated delivery|lead time
            lieferzeit|lieferung in|lieferung bis|lieferung am|lieferzeitraum|délai de livraison|livraison sous|livraison le|livré le|livré sous
            délai d'expédition|plazo de entrega|entrega en|recíbelo el|llega el|llega entre|prazo de entrega|entrega em|chega entre|receba até
            tempi di consegna|consegna in|consegna prevista|consegna entro|spedito in|levertijd|geleverd op|bezorgd op|levering binnen|czas dostawy
            czas realizacji|wysyłka w ciągu|czas wysyłki|dostawa w|dodací lhůta|dodání do|doručíme|dodacia lehota|dodacia doba|doručenie do|szállítási idő
            várható szállítás|termen de livrare|livrare în|срок за доставка|доставка до|срок доставки|доставка за|доставим|термін доставки|доставимо
            rok isporuke|isporuka u roku|dobavni rok|dostava v|χρόνος παράδοσης|παράδοση σε|teslimat süresi|tahmini teslimat|kargoya teslim
            مدة التوصيل|التوصيل خلال|زمن אספקה|אספקה תוך|זמן אספקה|زمان ارسال|dikirim dalam|estimasi tiba|giao hàng trong|thời gian giao hàng
            จัดส่งภายใน|预计送达|預計送達|到貨|お届け予定|発送予定|도착예정|도착 예정|leveranstid|levereras inom|leveringstid|levering innen
            levering inden|toimitusaika|tarneaeg|piegādes laiks|pristatymo laikas
        """
    }
)
"""When it would come, which nobody says of what cannot be had; with a number in the same text."""
