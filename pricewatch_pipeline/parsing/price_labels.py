"""What the words beside an amount say it is: today's price, what it was before, a monthly rate, a delivery, ... in many languages."""

from enum import StrEnum
from functools import lru_cache

from pricewatch_pipeline.parsing.phrases import Phrases, folded

LONGEST_LABEL = 160
"""Characters of one label that are looked at."""


class Label(StrEnum):
    """What a text beside an amount calls it."""

    PRICE = "price"
    NOW = "now"
    LIST = "list"
    SAVING = "saving"
    UNIT = "unit"
    INSTALMENT = "instalment"
    SHIPPING = "shipping"
    CONDITIONAL = "conditional"
    WITHOUT_TAX = "without_tax"
    WITH_TAX = "with_tax"
    USED = "used"
    EXTRA = "extra"
    CART = "cart"
    FROM = "from"
    UP_TO = "up_to"
    POINTS = "points"
    QUANTITY = "quantity"
    LOWEST_BEFORE = "lowest_before"
    OTHER_OFFER = "other_offer"


_LABELS = Phrases(
    {
        Label.PRICE: """
            price|item price|unit price:|preis|prix|precio|preço|prezzo|prijs|cena|ár|ára|pret|preț|цена|ціна|τιμή|fiyat|fiyatı
            السعر|سعر|قیمت|מחיר|कीमत|मूल्य|harga|giá|giá bán|ราคา|价格|價格|售价|售價|価格|販売価格|가격|판매가|pris|hinta|hind|kaina
        """,
        Label.NOW: """
            now|our price|sale price|special price|today's price|your price|current price|deal price|offer price|final price
            you pay|sale|now only|only|discounted price|promo price|promotional price|selling price|special offer|price now
            jetzt|jetzt nur|nur|unser preis|angebotspreis|aktionspreis|sonderpreis|ihr preis|dein preis|endpreis|aktueller preis
            maintenant|notre prix|prix promo|prix soldé|prix actuel|votre prix|prix remisé|prix réduit|seulement|prix de vente
            ahora|nuestro precio|precio especial|precio actual|precio oferta|precio de oferta|precio final|tu precio|por solo|solo
            precio rebajado|precio con descuento|precio de venta|agora|por apenas|preço atual|preço promocional|nosso preço|por:
            preço final|ora|adesso|prezzo attuale|prezzo scontato|nostro prezzo|prezzo finale|prezzo speciale|in offerta|prezzo di vendita
            nu|nu voor|nu slechts|onze prijs|actieprijs|huidige prijs|jouw prijs|teraz|cena promocyjna|nasza cena|cena aktualna
            aktualna cena|teď|nyní|akční cena|naše cena|akciová cena|naša cena|aktuální cena|akciós ár|kedvezményes ár|jelenlegi ár
            acum|pret redus|preț redus|preț special|preț promoțional|prețul nostru|pret nou|сега|нова цена|промо цена|акционная цена
            цена со скидкой|сейчас|наша цена|новая цена|зараз|акційна ціна|нова ціна|akcijska cena|snižena cena|akcijska cijena
            nova cena|nova cijena|znižana cena|redna cena z popustom|τώρα|τιμή προσφοράς|νέα τιμή|şimdi|indirimli fiyat|kampanya fiyatı
            sepette|الآن|السعر الآن|السعر الحالي|עכשיו|מחיר מבצע|המחיר שלנו|अब|ऑफर मूल्य|sekarang|harga promo|bây giờ|giá khuyến mãi
            giá hiện tại|ตอนนี้|ราคาพิเศษ|现价|優惠價|特价|特價|促销价|活動價|特価|セール価格|税込|할인가|판매가|현재가|kampanjpris|kampanjepris
            tilbudspris|nå|din pris|tarjoushinta|nyt|soodushind|nüüd|akcijas cena|tagad|dabar|akcijos kaina|buy new|buy it now
        """,
        Label.LIST: """
            was|rrp|r.r.p.|msrp|m.s.r.p.|mrp|m.r.p.|srp|list price|list|regular price|regular|reg.|reg|original price|originally|retail price|retail
            before|previous price|old price|compare at|comparable value|normal price|usual price|typical price|recommended retail price
            suggested retail price|full price|uvp|unverb. preisempf.|unverbindliche preisempfehlung|statt|statt vorher|früher|vorher
            bisher|bisheriger preis|alter preis|listenpreis|ursprünglich|ursprünglicher preis|normalpreis|regulärer preis|ehemals
            au lieu de|prix conseillé|prix barré|prix d'origine|prix public|prix initial|ancien prix|avant|prix habituel|prix normal
            prix catalogue|pvc|antes|precio anterior|precio original|precio normal|precio habitual|precio de lista|pvp recomendado|pvpr
            precio regular|precio recomendado|pvp|de:|preço original|preço anterior|preço normal|preço de tabela|prezzo consigliato
            prezzo originale|prezzo di listino|listino|prezzo precedente|invece di|anziché|prezzo pieno|was:|adviesprijs
            oude prijs|normale prijs|van voor|cena regularna|poprzednia cena|cena katalogowa|stara cena|cena pierwotna|zamiast|przed
            původní cena|běžná cena|doporučená cena|dmoc|předtím|pôvodná cena|bežná cena|odporúčaná cena|eredeti ár|régi ár
            listaár|fogyasztói ár|ajánlott ár|pret vechi|preț vechi|preț inițial|prp|prețul vechi|pret de lista|preț recomandat|стара цена
            редовна цена|препоръчителна цена|пцд|старая цена|было|обычная цена|рекомендованная цена|розничная цена|ррц|стара ціна|було
            звичайна ціна|stara cijena|redovna cena|redovna cijena|ranije|prije|redna cena|preporučena cena|αρχική τιμή|παλιά τιμή
            τιμή λίστας|πλτ|λιανική|eski fiyat|liste fiyatı|piyasa fiyatı|tavsiye edilen|كان|السعر السابق|قبل الخصم|قیمت قبل|מחיר קודם
            מחיר מחירון|במקום|מחיר רגיל|था|एमआरपी|harga asli|harga normal|giá gốc|giá cũ|giá niêm yết|giá thị trường|ราคาปกติ|ราคาเดิม
            原价|原價|市场价|市價|定價|建議售價|参考価格|定価|通常価格|希望小売価格|メーカー希望|정가|정상가|소비자가|원가|ordinarie pris|ord. pris|ord pris|ord.
            tidigare pris|rek. pris|rek.|vejl. pris|vejl.|vejledende|før|førpris|normalpris|veil. pris|førpris:|ovh|norm.|ennen|norm
            tavahind|hind enne|soovitushind|parastā cena|iepriekš|įprasta kaina|sena kaina|buvo|rekomenduojama
        """,
        Label.LOWEST_BEFORE: """
            lowest price in|lowest price of|lowest price in the last|lowest price from|30 day|30 days|last 30 days|niedrigster preis
            30 tage|letzten 30 tage|der letzten 30|bestpreis der letzten|prix le plus bas|30 jours|30 derniers jours|precio más bajo
            30 días|últimos 30|preço mais baixo|30 dias|prezzo più basso|ultimi 30|30 giorni|laagste prijs|30 dagen|najniższa cena
            30 dni|z 30 dni|ostatnich 30|nejnižší cena|30 dnů|30 dní|najnižšia cena|legalacsonyabb ár|30 nap|cel mai mic preț|30 de zile
            най ниска цена|30 дни|наименьшая цена|30 дней|најнижа цена|najniža cijena|najniža cena|najnižja cena|χαμηλότερη τιμή|30 ημερών
            30 günün|son 30 gün|lägsta pris|30 dagar|laveste pris|30 dage|30 dager|alin hinta|30 päivän|30 päeva|30 dienu|30 dienų
        """,
        Label.SAVING: """
            save|you save|saving|savings|off|discount|discounted by|reduced by|you're saving|less|sie sparen|du sparst|ersparnis|sparen|gespart
            rabatt|gutschrift|nachlass|économisez|économie|vous économisez|remise|remise de|soit|réduction|ahorra|ahorras|ahorro|descuento
            te ahorras|economize|economia|poupa|poupe|desconto|risparmi|risparmio|risparmia|sconto|bespaar|je bespaart|voordeel|korting
            oszczędzasz|oszczędność|rabat|zniżka|taniej|ušetříte|sleva|úspora|ušetrite|zľava|megtakarítás|kedvezmény|spórolj|economisești
            reducere|economie|спестявате|отстъпка|скидка|экономия|выгода|вы экономите|знижка|економія|вигода|ušteda|popust|prihranek
            prihranite|εξοικονομείτε|έκπτωση|κέρδος|indirim|kazancınız|وفر|خصم|توفير|تخفیف|חיסכון|חסכת|הנחה|बचत|छूट|hemat|diskon|tiết kiệm
            giảm|ประหยัด|ส่วนลด|节省|節省|立减|省|折扣|割引|お得|引き|할인|절약|spara|du sparar|rabatten|spar|du sparer|besparelse|säästät|alennus
            säästad|allahindlus|ietaupi|atlaide|sutaupote|nuolaida
        """,
        Label.UNIT: """
            per kg|per 100 g|per 100g|per 100 ml|per 100ml|per litre|per liter|per l|per m|per m2|per sq ft|per piece|per ea
            per oz|per lb|per count|per tablet|per capsule|per load|per wash|per sheet|per roll|unit price|price per|/kg|/ kg|/100g|/100 g|/100ml
            /100 ml|/l|/ l|/m²|/m2|/m|/ m|/ea|/stk|/oz|/lb|/count|/ count|/ounce|/fl oz|/ 100 g|/ 100 ml|/st|/pc|/ks|/szt|/шт|/кг|/л|/unité
            grundpreis|pro kg|pro 100 g|pro 100 ml|pro liter|pro stück|je kg|je 100 g|je 100 ml|je l|je liter|je stück|je m|1 kg =|1 l =|1 kg|100 g =
            100 ml =|le kilo|au kilo|le litre|au litre|/kilo|le kg|par kg|les 100 g|soit le kg|l'unité|à l'unité|por kg|por kilo|el kilo|por litro
            precio por|por unidad|€/ud|/unidad|/ud|por 100|al kg|al litro|al chilo|prezzo al|/pezzo|per kilo|per stuk|per 100|za kg|za 100
            cena za|za 1 kg|za szt|za 1|cena jednostkowa|jednostková cena|měrná cena|egységár|pe kg|lei/kg|за кг|за 100|за литр|за л|за штуку
            за 1|единична цена|цена за|τιμή μονάδας|ανά κιλό|ανά|birim fiyat|adet fiyatı|kg fiyatı|לכל|ל 100|ליחידה|प्रति|per pcs|mỗi|ต่อ
            单价|單價|每|あたり|당|jfr-pris|jfr|jämförpris|kilopris|literpris|styckpris|pr. kg|pr. l|pr. stk|pr stk|pr kg|kg pris|kpl|kilohinta|ühikuhind
            vienības cena|vieneto kaina
        """,
        Label.INSTALMENT: """
            per month|/month|/mo|/mo.|a month|monthly|month|months|mo.|instalment*|installment*|emi|emi from|no cost emi|interest free|payments of
            payments|pay in|deposit|apr|finance|financing|weekly|per week|/week|split into|pay later|monatlich|mtl.|mtl|pro monat|/monat|im monat
            monate|raten|rate|rate ab|ratenzahlung|ratenkauf|finanzierung|finanzieren|monatsrate|par mois|/mois|mois|mensualité*|en plusieurs fois
            4x|3x|10x|en 3 fois|en 4 fois|crédit|al mes|/mes|meses|mensual|mensuales|cuotas|cuota|plazos|sin intereses|financia|quincenal*|por mês
            /mês|ao mês|parcelas|sem juros|em até|prestações|mensalidade|vezes|al mese|/mese|mesi|rata|rate da|rate di|a rate|finanziamento
            tasso zero|per maand|/maand|p/m|termijnen|miesięcznie|mies.|/mies|raty|rat|ratalna|w ratach|měsíčně|/měsíc|splátk*|na splátky|mesačne
            havonta|/hó|havi|részlet*|pe lună|/lună|rate lunare|în rate|lunar|rate fără dobândă|на месец|месечно|месечна вноска|вноск*|на изплащане
            в месяц|/мес|мес.|месяц*|рассрочк*|в рассрочку|в кредит|платеж*|на місяць|/міс|міс.|розстрочк*|щомісяця|mesečno|mjesečno|na rate|obrok*
            mesečni obrok|τον μήνα|/μήνα|δόσεις|μηνιαία|aylık|taksit*|x taksit|peşin fiyatına|شهريا|شهر|تقسيط|أقساط|دفعات|قسط|ماهانه|לחודש|תשלומים|תשלום
            प्रति माह|ईएमआई|per bulan|/bulan|cicilan|mỗi tháng|/tháng|trả góp|ต่อเดือน|ผ่อน|每月|分期|期|月々|月額|分割|개월|할부|월|per månad|/mån|/mån.|mån
            i månaden|delbetal*|avbetal*|pr. måned|/md|/md.|pr. md.|md.|mdr|månedlig|/mnd|mnd.|måned|delbetaling|kuukaudessa|/kk|kk|erissä|osamaks*|kuus
            järelmaks|mēnesī|līzing*|per mėnesį|mėn|/mėn|išsimokėtin*|leasing|leasing ab|4 interest free
        """,
        Label.SHIPPING: """
            shipping|delivery|postage|p&p|freight|free shipping|free delivery|ships|standard delivery|orders over|orders above|on orders|order over
            versand|versandkosten|zzgl. versand|lieferung|versandkostenfrei|kostenloser versand|ab einem bestellwert|bestellwert|porto|lieferkosten
            mindestbestellwert|frachtkosten|spedition|livraison|frais de port|frais de livraison|dès|à partir de € d'achat|envío|envio|gastos de envío
            entrega|envío gratis|pedidos superiores|a domicilio|frete|frete grátis|portes|spedizione|consegna|spese di spedizione|spedizione gratuita
            ordini superiori|verzending|verzendkosten|bezorging|gratis verzending|bezorgkosten|dostawa|wysyłka|koszt dostawy|darmowa dostawa|przesyłka
            doprava|poštovné|dopravné|doprava zdarma|doručení|doručenie|szállítás|szállítási|ingyenes szállítás|livrare|transport|livrare gratuită
            comenzi peste|доставка|безплатна доставка|поръчки над|бесплатная доставка|заказ от|при заказе|безкоштовна доставка|самовывоз|dostava
            besplatna dostava|poštnina|brezplačna dostava|μεταφορικά|αποστολή|παράδοση|δωρεάν|kargo|teslimat|ücretsiz kargo|الشحن|شحن|توصيل|ارسال
            משלוח|दिल्ली|डिलीवरी|शिपिंग|ongkir|pengiriman|gratis ongkir|vận chuyển|giao hàng|phí ship|จัดส่ง|ค่าส่ง|运费|運費|配送|免运|免運|送料|送料無料|배송비|배송
            무료배송|frakt|fri frakt|leverans|fragt|levering|fri fragt|porto|toimitus|toimituskulut|postikulut|tarne|transpordi|piegāde|pristatymas|siunta
        """,
        Label.CONDITIONAL: """
            member|members|member price|members only|club|club price|with card|loyalty|rewards|card price|with coupon|coupon|voucher|promo code|with code|code
            code:|subscribe|subscribe & save|subscription|autoship|auto delivery|exclusive price|app only|in the app|student|students
            trade-in|trade in|with trade|cashback|cash back|gift card|bank offer|with card offer|mit karte|mitglieder|mitgliederpreis|kundenkarte|clubpreis
            gutschein|mit gutschein|code eingeben|sparabo|abo|im abo|mit vertrag|membre|membres|adhérent|carte|avec la carte|code promo|coupon de|abonnement
            abonnés|socio|socios|con tarjeta|tarjeta|cupón|con cupón|suscríbete|suscripción|sócio|clube|cupom|com cupom|cartão|no pix|via pix|à vista|pix
            assinatura|boleto|socio|carta fedeltà|con carta|tessera|buono|con coupon|abbonamento|lid|leden|ledenprijs|clubkaart|met code|klubowicz*|z kartą
            z aplikacją|z kodem|kod|kupon|subskrypcja|klub|s kartou|s kódem|klubová cena|klubtag*|kuponnal|kóddal|kártyával|cu cardul|cod|cu codul|membri
            клубна цена|с карта|с код|ваучер|по карте|с картой|с промокодом|промокод|для членов клуба|купон|за карткою|з промокодом|sa karticom|s kodom
            članovi|član|klub cijena|με κάρτα|κουπόνι|μέλη|üye|üyelere|kupon|kuponla|kartla|أعضاء|كوبون|قسيمة|کد تخفیف|קופון|חברי מועדון|מועדון|सदस्य|कूपन
            anggota|kupon|voucher|thành viên|mã giảm|สมาชิก|คูปอง|会员|會員|优惠券|折價券|券后|券後|会員|クーポン|定期|회원가|쿠폰|medlem|medlemspris|medlemmer|klubpris
            med kod|kupong|jäsen|jäsenhinta|etukortilla|kliendikaardi*|ar karti|su kortele|lojalumo
        """,
        Label.WITHOUT_TAX: """
            ex vat|ex. vat|exc vat|exc. vat|excl vat|excl. vat|excluding vat|without vat|vat excluded|ex tax|ex. tax|excl. tax|excl tax|excluding tax|before tax
            tax excluded|net price|net|plus vat|+ vat|exclusive of vat|ex gst|excl. gst|excluding gst|ohne mwst|exkl. mwst|zzgl. mwst|zzgl. ust|exkl. ust
            netto|nettopreis|ohne ust|excl. mwst|hors taxe|hors taxes|ht|€ ht|hors tva|sin iva|sin impuestos|iva no incluido|más iva|+ iva|sem iva|s/ iva
            iva esclusa|senza iva|+ iva|excl. btw|exclusief btw|ex btw|ex. btw|cena netto|netto|bez vat|bez dph|bez dph:|nettó|nettó ár|+ áfa|áfa nélkül
            fără tva|fara tva|без ддс|без ндс|без пдв|bez pdv|bez ddv|brez ddv|χωρίς φπα|+ φπα|kdv hariç|+ kdv|بدون ضريبة|غير شامل|ללא מעמ|לפני מעמ
            未税|未稅|税抜|税別|本体価格|本体|부가세 별도|exkl. moms|ex moms|ex. moms|utan moms|uden moms|ekskl. moms|eks. mva|ekskl. mva|uten mva|alv 0|alv 0 %|veroton|ilma alv
            km ta|käibemaksuta|bez pvn|be pvm
        """,
        Label.WITH_TAX: """
            inc vat|inc. vat|incl vat|incl. vat|including vat|vat included|with vat|inclusive of all taxes|incl. of all taxes|tax included|incl. tax|incl. gst|inc. gst
            inkl. mwst|inkl. ust|inkl. der mwst|inkl. gesetzl.|brutto|ttc|iva incluido|iva incluído|con iva|com iva|iva inclusa|iva incl.|incl. btw|inclusief btw
            cena brutto|z vat|s dph|vč. dph|vrátane dph|bruttó|áfával|cu tva|tva inclus|с ддс|с ндс|з пдв|sa pdv|s pdv|z ddv|με φπα|kdv dahil|شامل الضريبة|כולל מעמ
            含税|含稅|税込|税込み|부가세 포함|inkl. moms|ink. moms|med moms|inkl. mva|sis. alv|alv|koos km|ar pvn|su pvm
        """,
        Label.USED: """
            used|used from|pre-owned|pre owned|preowned|refurbished|renewed|open box|second hand|secondhand|like new|used & new|new & used|new (|gebraucht
            gebraucht ab|neu & gebraucht|neu und gebraucht|generalüberholt|b-ware|zweiter hand|d'occasion|occasion|reconditionné|usado|usados|de segunda mano
            segunda mano|reacondicionado|recondicionado|seminovo|usato|usati|ricondizionato|tweedehands|gebruikt|refurbished|używany|używane|powystawowy
            použité|bazar|rozbaleno|použitý|használt|felújított|second hand|resigilat|употребяван|втора ръка|б/у|уцененный|вживаний|korišćen|rabljeno
            rabljen|μεταχειρισμένο|ikinci el|yenilenmiş|مستعمل|مجدد|משומש|מחודש|पुराना|bekas|đã qua sử dụng|cũ|มือสอง|二手|中古|중고|begagnad|brugt|brukt|käytetty|kasutatud|lietots|naudotas
        """,
        Label.EXTRA: """
            warranty|protection plan|protection|insurance|extended warranty|care plan|accident|assembly|installation|gift wrap|gift wrapping|engraving|accessories
            add-on|add on|service plan|setup|garantieverlängerung|versicherung|schutzbrief|garantie|montage|geschenkverpackung|einbau|aufpreis|assurance
            extension de garantie|emballage cadeau|installation|garantía|seguro|montaje|instalación|envolver|garantia estendida|seguro|montagem|garanzia
            assicurazione|estensione|montaggio|confezione regalo|verzekering|garantie|montage|cadeauverpakking|gwarancj*|ubezpieczenie|montaż|pojištění
            prodloužená záruka|záruka|montáž|poistenie|garancia|biztosítás|beüzemelés|garanție|asigurare|montaj|гаранция|застраховка|монтаж|гарантия|страховка
            установка|гарантія|страхування|встановлення|garancija|osiguranje|montaža|zavarovanje|εγγύηση|ασφάλεια|garanti|sigorta|kurulum|ضمان|تأمين|گارانتی
            אחריות|ביטוח|वारंटी|बीमा|garansi|asuransi|bảo hành|bảo hiểm|ประกัน|保修|保固|延保|保証|보증|보험|garanti|försäkring|forsikring|takuu|vakuutus|kindlustus|garantija|draudimas
            deposit|pfand|zzgl. pfand|consigne|statiegeld|pant|depozyt|eco fee|ecotax|dont éco part|éco part|éco-participation|écotaxe|recycling fee|donation|donate|tip
        """,
        Label.CART: """
            cart|basket|bag total|your cart|my cart|shopping cart|your basket|subtotal|sub total|total|total:|order total|items|item(s)|checkout|balance
            warenkorb|zwischensumme|summe|gesamtsumme|gesamt|panier|sous total|mon panier|articles|carrito|cesta|mi cesta|total carrito|carrinho|sacola
            carrello|totale|winkelwagen|winkelmand|totaal|subtotaal|koszyk|razem|suma|košík|celkem|mezisoučet|spolu|kosár|összesen|részösszeg|coș|cos
            coșul meu|количка|общо|корзина|итого|всего|кошик|разом|всього|korpa|ukupno|košarica|skupaj|καλάθι|σύνολο|sepet|sepetim|toplam|ara toplam
            السلة|الإجمالي|سبد خرید|עגלה|סהכ|סך הכל|कार्ट|कुल|keranjang|tổng|giỏ hàng|ตะกร้า|รวม|购物车|購物車|合计|總計|カート|合計|小計|장바구니|합계|총
            varukorg|kundvagn|summa|totalt|kurv|handlekurv|i alt|sum|ostoskori|yhteensä|ostukorv|kokku|grozs|kopā|krepšelis|iš viso
        """,
        Label.FROM: """
            from|starting at|starting from|starts at|as low as|low as|from only|price from|ab|ab nur|schon ab|preis ab|à partir de|dès|desde|a partir de|da|a partire da|vanaf
            od|już od|cena od|již od|už od|tól|től|de la|începând de la|от|от:|від|od samo|že od|από|itibaren|den başlayan|dan başlayan|ابتداء من|يبدأ من|از|החל מ
            से|mulai|mulai dari|từ|chỉ từ|เริ่มต้น|起|最低|から|부터|från|fra|alkaen|alates|nuo|priced from
        """,
        Label.UP_TO: """
            up to|less than|under|below|menos de|moins de|meno di|weniger als|minder dan|bis zu|jusqu'à|hasta|até|fino a|tot|do|až|akár|până la|до|έως|kadar|حتى|עד|hingga|đến|ถึง|最高|まで|까지|upp till|op til|opp til|jopa|kuni|līdz|iki
        """,
        Label.POINTS: """
            points|pts|bonus points|reward points|loyalty points|earn|bonus|punkte|bonuspunkte|payback|prämienpunkte|points fidélité|puntos|pontos|punti|punten
            punkty|punktów|bodů|bodov|pont|hűségpont|puncte|точки|бонус*|баллы|баллов|балів|бали|poeni|bodova|točk|πόντοι|puan|parapuan|نقاط|נקודות|अंक|poin|điểm|คะแนน
            积分|積分|点数|ポイント|적립|포인트|poäng|point|poeng|pistettä|punkti|taškai
        """,
        Label.QUANTITY: """
            quantity discount|buy more|bulk|bulk price|when you buy|if you buy|buy 2|buy 3|each when|or more|for 2|for 3|2 for|3 for|multibuy|staffelpreis*|ab 2|ab 3|ab 5
            ab 10|stück je|bei abnahme|menge|mengenrabatt|par lot de|à partir de 2|lot de|por cantidad|a partir de 2|por la compra|leve 2|leve 3|pague|quantità|staffel
            bij 2|vanaf 2|przy zakupie|od 2 szt|od 3 szt|od 5 szt|při koupi|při odběru|od 2 ks|od 5 ks|mennyiségi|la cantitate|от 2 бр|от 2 шт|при покупке|опт|оптом
            оптовая|оптова|гурт|veleprodaj*|χονδρική|toptan|جملة|סיטונאות|grosir|bán sỉ|ขายส่ง|批发|批發|まとめ買い|卸|도매|mängdrabatt|mængderabat|kvantumsrabatt
        """,
        Label.OTHER_OFFER: """
            other sellers|from other sellers|other offers|offers from|new from|from sellers|buying options|andere verkäufer|weitere angebote|neu ab
            autres vendeurs|autres offres|neufs à partir de|neuf à partir de|otros vendedores|otras ofertas|nuevos desde|nuevo desde|outros vendedores|altri venditori|altre offerte
            nuovo da|nuovi da|andere verkopers|andere aanbiedingen|inni sprzedawcy|inne oferty|další nabídky|ďalšie ponuky|más eladók|alți vânzători|други продавачи
            другие продавцы|інші продавці|άλλοι πωλητές|diğer satıcılar|بائعون آخرون|מוכרים נוספים|अन्य विक्रेता|penjual lain|người bán khác|ผู้ขายอื่น|其他卖家|其他賣家|他の出品者|다른 판매자
            andra säljare|andre sælgere|andre selgere|muut myyjät
        """,
    }
)


@lru_cache(maxsize=4_000)
def labels_in(text: str) -> frozenset[Label]:
    """What the words of a text call the amount beside them."""
    if not text or len(text) > LONGEST_LABEL or not any(map(str.isalpha, text)):
        return frozenset()
    return frozenset(label for _, _, label in _LABELS.find(folded(text)))
