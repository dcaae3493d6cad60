"""What headings and short texts say of a page as a whole: a search's results, nothing found, a price only for some or on request."""

from enum import Enum

from pricewatch_pipeline.parsing.phrases import Phrases


class PageSays(Enum):
    """What kind of page a text belongs to."""

    SEARCH = "search results"
    SORTING = "sorting"
    FILTERS = "filters"
    COUNT = "a count of products"
    NOT_FOUND = "not found"
    LOGIN_FOR_PRICE = "log in for the price"
    ON_REQUEST = "price on request"


ABOUT_HEADINGS = Phrases(
    {
        PageSays.SEARCH: """
            search results|results for|search result|you searched for|search for:|suchergebnisse|suchergebnis|ergebnisse für
            résultats de recherche|résultats pour|résultat de la recherche|résultats de votre recherche|resultados de búsqueda
            resultados de la búsqueda|resultados para|resultados da busca|resultados da pesquisa|resultado da busca
            risultati della ricerca|risultati di ricerca|risultati per|zoekresultaten|resultaten voor|gezocht op
            wyniki wyszukiwania|wyniki dla|výsledky hledání|výsledky vyhledávání|výsledky vyhľadávania
            keresési eredmények|keresési találatok|keresés eredménye|rezultatele căutării|rezultate pentru|rezultate căutare
            резултати от търсенето|резултати за|результаты поиска|результаты по запросу|поиск по запросу|найдено по запросу
            результати пошуку|результати за запитом|rezultati pretrage|rezultati pretraživanja|резултати претраге|rezultati iskanja
            αποτελέσματα αναζήτησης|αποτελέσματα για|arama sonuçları|için sonuçlar|نتائج البحث|תוצאות חיפוש|תוצאות עבור
            نتایج جستجو|खोज परिणाम|hasil pencarian|hasil untuk|kết quả tìm kiếm|ผลการค้นหา|搜索结果|搜尋結果|搜索結果|検索結果|の検索結果
            검색결과|검색 결과|sökresultat|resultat för|søkeresultat|søkeresultater|søgeresultat|søgeresultater|hakutulokset
            otsingutulemused|meklēšanas rezultāti|paieškos rezultatai
        """,
        PageSays.NOT_FOUND: """
            page not found|not found|page cannot be found|page can't be found|page could not be found|we couldn't find that page
            we couldn't find this page|we can't find that page|page doesn't exist|page does not exist|page no longer exists
            product not found|item not found|product does not exist|product no longer exists|this page isn't available|404 error|error 404
            we can't find the page|sorry we couldn't find|page is missing|nothing found|nothing here
            seite nicht gefunden|nicht gefunden|seite existiert nicht|seite wurde nicht gefunden|seite konnte nicht gefunden
            artikel nicht gefunden|produkt nicht gefunden|diese seite gibt es nicht|page introuvable|introuvable|page non trouvée
            page n'existe pas|page n'existe plus|produit introuvable|página no encontrada|no encontrada|no encontramos|página no existe
            no se encontró|no se ha encontrado|producto no encontrado|página não encontrada|não encontrada|não encontrado|página não existe
            pagina non trovata|non trovata|pagina non esiste|prodotto non trovato|pagina niet gevonden|niet gevonden|pagina bestaat niet
            nie znaleziono|strona nie istnieje|nie znaleziono strony|strony nie znaleziono|produkt nie istnieje|stránka nenalezena
            stránka nebyla nalezena|stránka neexistuje|nenalezeno|stránka nenájdená|stránka sa nenašla|stránka nebola nájdená
            az oldal nem található|nem található|a keresett oldal nem|termék nem található|pagina nu a fost găsită|pagina nu există
            nu a fost găsit|страницата не е намерена|не е намерена|страница не найдена|не найдена|страница не существует|не найдено
            товар не найден|страницы не существует|сторінку не знайдено|сторінка не знайдена|не знайдено|stranica nije pronađena
            nije pronađena|страница није пронађена|stran ne obstaja|stran ni bila najdena|ni najdena|η σελίδα δεν βρέθηκε|δεν βρέθηκε
            sayfa bulunamadı|bulunamadı|aradığınız sayfa|الصفحة غير موجودة|لم يتم العثور|הדף לא נמצא|העמוד לא נמצא|לא נמצא|הדף המבוקש
            صفحه پیدا نشد|یافت نشد|صفحه مورد نظر|पृष्ठ नहीं मिला|halaman tidak ditemukan|tidak ditemukan|không tìm thấy|trang không tồn tại
            ไม่พบหน้า|ไม่พบสินค้า|页面不存在|頁面不存在|找不到页面|找不到頁面|页面未找到|未找到|商品不存在|ページが見つかりません|見つかりません|存在しません
            페이지를 찾을 수 없습니다|찾을 수 없|존재하지 않는|sidan kunde inte hittas|sidan hittades inte|hittades inte|kunde inte hittas
            sidan finns inte|siden finnes ikke|siden ble ikke funnet|ikke funnet|siden blev ikke fundet|siden findes ikke|ikke fundet
            sivua ei löydy|sivua ei löytynyt|ei löydy|ei löytynyt|lehte ei leitud|ei leitud|lapa nav atrasta|nav atrasts|puslapis nerastas|nerasta
        """,
    }
)
"""Read in titles and headings only."""

ABOUT_LISTS = Phrases(
    {
        PageSays.SORTING: """
            sort by|sort|sort:|sortieren nach|sortieren|sortierung|trier par|trier|tri par|ordenar por|ordenar|ordina per|ordina|sorteer op
            sorteren|sorteer|sortuj|sortuj według|sortowanie|sortuj wg|řadit podle|řadit|seřadit|řazení|zoradiť|zoradiť podľa|triediť
            rendezés|rendezés:|sortează|sortează după|ordonează|сортирай|сортиране|сортировать|сортировка|сортувати|сортування|сортирање
            sortiraj|sortiraj po|sortiranje|razvrsti|razvrsti po|ταξινόμηση|ταξινόμηση κατά|sırala|sıralama|ترتيب حسب|فرز حسب|ترتيب|מיון לפי|מיין לפי
            מיון|مرتب سازی|مرتب‌سازی|क्रमबद्ध करें|urutkan|urutkan berdasarkan|sắp xếp|sắp xếp theo|เรียงตาม|เรียงลำดับ|排序|排序方式|並べ替え|並び替え|정렬
            낮은가격순|높은가격순|sortera|sortera efter|sortera på|sorter|sorter etter|sortér|sorter efter|lajittele|järjestä|järjesta|kārtot|rikiuoti
            price: low to high|price low to high|lowest price|best match|featured|popularity|relevance|par pertinence
        """,
        PageSays.FILTERS: """
            filters|filter|filter by|all filters|refine by|refine|refine results|clear all|clear filters|filtern|filtern nach|alle filter|filtrer
            filtrer par|filtres|affiner|filtros|filtrar|filtrar por|filtri|filtra per|filtra|filteren|verfijn|filtry|filtruj|filtrovat|filtre
            szűrők|szűrés|filtrează|филтри|филтър|все фильтры|всі фільтри|сбросить фильтры|фильтр|фильтры|фільтр|фільтри|filteri|filtriraj|filtrirajte|φίλτρα|filtrele|filtreler|تصفية|فلتر
            סינון|סנן|فیلتر|फ़िल्टर|bộ lọc|lọc|ตัวกรอง|筛选|篩選|絞り込み|絞り込む|필터|filtrera|filtrer etter|suodata|rajaa|filtreeri|filtrs|filtrai
            category|price range|from price|customer reviews|departments
        """,
        PageSays.COUNT: """
            # results|# products|# items|# artikel|# produkte|# ergebnisse|# treffer|# résultats|# produits|# articles|# resultados|# productos
            # artículos|# produtos|# itens|# risultati|# prodotti|# articoli|# resultaten|# producten|# artikelen|# wyników|# produktów|# produkty
            # produktů|# položek|# produktov|# položiek|# termék|# találat|# produse|# rezultate|# продукта|# товаров|# товара|# товар|# результатов
            # товарів|# товари|# proizvoda|# izdelkov|# προϊόντα|# αποτελέσματα|# ürün|# sonuç|# منتج|# نتيجة|# מוצרים|# תוצאות|# کالا|# produk|# hasil
            # sản phẩm|# kết quả|# รายการ|# 件商品|# 个商品|# 件|#件|# 개 상품|#개|# produkter|# resultat|# träffar|# treff|# varer|# tuotetta|# tulosta|# toodet
            # preces|# prekės|products #|showing #|of # results|over # results|page # of #
        """,
    }
)
"""Read in short texts: what stands around a list of products."""

ABOUT_PRICE = Phrases(
    {
        PageSays.LOGIN_FOR_PRICE: """
            log in to see prices|login to see prices|log in for price|login for price|login for prices|sign in to see price|sign in to see prices
            log in to view prices|login to view price|login to view prices|please log in to see|sign in for price|sign in for pricing|log in for pricing
            login for pricing|register to see prices|trade login|price visible after login|prices visible after login|members only price
            log in to view price|sign in to view price|sign in to view pricing|login to see price|log in to see price
            preise nach anmeldung|preis nach login|anmelden um preise zu sehen|preise nach login|preise nur für|bitte anmelden um preise|preise sehen sie nach
            preise erst nach|nach anmeldung sichtbar|melden sie sich an um preise|loggen sie sich ein|nur für registrierte händler|preis nach anmeldung
            connectez vous pour voir les prix|connectez vous pour voir le prix|prix sur connexion|identifiez vous pour voir|se connecter pour voir
            connectez vous pour afficher|inicia sesión para ver|inicie sesión para ver|identifícate para ver|regístrate para ver precios
            faça login para ver|entre para ver|iniciar sessão para ver|accedi per vedere|accedi per visualizzare|effettua il login per|registrati per vedere
            log in om prijzen|log in voor prijzen|inloggen om prijzen|log in om de prijs|inloggen voor prijs|zaloguj się aby zobaczyć|zaloguj się, aby zobaczyć
            cena po zalogowaniu|ceny po zalogowaniu|cena po přihlášení|ceny po přihlášení|pro zobrazení ceny se přihlaste|cena po prihlásení
            ceny po prihlásení|árak bejelentkezés után|az árak megtekintéséhez|autentifică te pentru a vedea|prețul după autentificare
            цени след вход|влезте за да видите|цена после авторизации|цены после авторизации|цена доступна после|войдите чтобы увидеть|войдите, чтобы увидеть
            авторизуйтесь чтобы увидеть|увійдіть щоб побачити|ціна після авторизації|prijavite se da vidite|cijene nakon prijave|za ogled cen se prijavite
            συνδεθείτε για να δείτε|fiyatları görmek için|fiyat için giriş|سجل الدخول لرؤية|التسجيل لمعرفة السعر|התחבר כדי לראות|למחירים יש להתחבר
            برای مشاهده قیمت|masuk untuk melihat harga|đăng nhập để xem giá|เข้าสู่ระบบเพื่อดูราคา|登录后可见|登入後顯示|登录查看价格|登入查看價格|ログインして価格
            会員価格はログイン|ログイン後に価格|로그인 후 가격|회원공개|logga in för att se pris|logga in för pris|logg inn for å se pris|log ind for at se pris
            log ind for pris|kirjaudu nähdäksesi hinnat|hinnat kirjautumisen jälkeen|logi sisse et näha
        """,
        PageSays.ON_REQUEST: """
            price on request|price upon request|price on application|call for price|call for pricing|contact us for price|contact us for pricing
            request a quote|request quote|get a quote|request price|ask for price|email for price|inquire for price|p.o.a|poa|price available on request
            contact for price|quote only|ask for a quote|enquire for price|request a price|preis auf anfrage|auf anfrage|preis anfragen|preis auf wunsch
            angebot anfordern|angebot anfragen|jetzt anfragen|prix sur demande|sur devis|demander un devis|demande de devis|sur demande|nous consulter
            prix nous consulter|precio a consultar|consultar precio|solicitar precio|solicitar cotización|solicitar presupuesto|cotizar|precio bajo consulta
            pedir presupuesto|pide precio|a consultar|preço sob consulta|sob consulta|consulte o preço|solicitar orçamento|pedir orçamento|consultar preço
            prezzo su richiesta|su richiesta|richiedi preventivo|richiedi un preventivo|richiedi prezzo|prezzo a richiesta|prijs op aanvraag|op aanvraag
            offerte aanvragen|vraag offerte aan|vraag een offerte|cena na zapytanie|zapytaj o cenę|na zapytanie|cena na dotaz|na dotaz|cena na vyžádání
            cena na vyžiadanie|cena na dopyt|na vyžiadanie|ár kérésre|egyedi ár|ajánlatkérés|kérjen ajánlatot|ár egyeztetés|preț la cerere|la cerere
            cere ofertă|solicită ofertă|цена при запитване|при запитване|поискай оферта|цена по запросу|по запросу|цену уточняйте|уточнить цену|цена договорная
            узнать цену|запросить цену|ціна за запитом|за запитом|уточнити ціну|ціну уточнюйте|дізнатися ціну|cijena na upit|cena na upit|na upit|цена на упит
            cena na povpraševanje|na povpraševanje|τιμή κατόπιν|κατόπιν αιτήματος|ζητήστε προσφορά|fiyat için arayın|fiyat sorunuz|fiyat alınız|teklif al
            teklif iste|السعر عند الطلب|اطلب السعر|اتصل لمعرفة السعر|מחיר לפי בקשה|לפרטים ומחיר|קבל הצעת מחיר|צור קשר למחיר|تماس بگیرید|برای قیمت تماس
            استعلام قیمت|मूल्य के लिए पूछें|harga hubungi|hubungi kami untuk harga|minta penawaran|giá liên hệ|liên hệ để biết giá|liên hệ báo giá|báo giá|giá: liên hệ
            สอบถามราคา|ราคาโปรดสอบถาม|价格面议|面议|詢價|询价|來電洽詢|價格請洽|请询价|価格はお問い合わせ|要問合せ|お問い合わせください|価格応相談|時価|가격문의|가격 문의|견적문의|별도문의
            pris på förfrågan|begär offert|offertförfrågan|på förfrågan|pris på forespørsel|be om tilbud|på forespørsel|be om pris|pris på forespørgsel
            indhent tilbud|på forespørgsel|hinta pyynnöstä|pyydä tarjous|kysy hintaa|hind päringul|küsi pakkumist|cena pēc pieprasījuma|kaina pagal užklausą
        """,
    }
)
"""Read in short texts beside the title, and only where no price was found."""
