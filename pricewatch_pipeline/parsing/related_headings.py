"""Headings that say that other products follow: `You may also like`, `Ähnliche Produkte`, in the languages of the world."""

import re
from collections.abc import Iterable

from pricewatch_pipeline.parsing.layout import Layout
from pricewatch_pipeline.parsing.phrases import caseless

_LONGEST = 60
"""Characters; what is longer is no such heading."""
# In the form of `caseless`: with re.IGNORECASE each of these would be tried at every letter, at ten times the cost.
_OTHERS = re.compile(
    r"also (?:like|bought|viewed|love)|related (?:products|items)|similar (?:products|items)|recommended (?:for|products)|recommendations|recently viewed"
    r"|(?:customers|people|others) (?:also|who)|frequently bought|goes (?:well|great) with|complete the look|pair (?:it )?with|more from|best ?sellers|you (?:might|may) "
    r"|ähnliche|(?:kunden|andere) (?:kauften|kaufen|haben|interessierten|sahen)|auch (?:interessieren|gefallen|gekauft|angesehen)|zuletzt (?:angesehen|gesehen)|passend dazu|passende[sr]? (?:zubehör|produkt)"
    r"|empfehlungen|wird oft zusammen|das könnte|dazu passt|aimerez aussi|produits (?:similaires|associés|complémentaires|apparentés)|vous (?:aimerez|pourriez)|également (?:acheté|consulté)|consultés récemment"
    r"|también te|te puede (?:interesar|gustar)|(?:productos|artículos) (?:relacionados|similares|vistos)|otros clientes|quienes (?:compraron|vieron)|podría (?:interesarte|gustarte)"
    r"|potrebbe (?:piacerti|interessarti)|potrebbero|prodotti (?:correlati|simili|consigliati)|altri clienti|visti di recente"
    r"|você também|também (?:pode|gostar|compraram|viram)|(?:produtos|artigos) (?:relacionados|semelhantes|similares|recomendados)|quem (?:comprou|viu)"
    r"|bekeken ook|kochten ook|vergelijkbare|gerelateerde|anderen (?:bekeken|kochten)|ook interessant|misschien ook|aanbevolen"
    r"|(?:podobne|powiązane|polecane) (?:produkty|towary)|produkty (?:podobne|powiązane|polecane)|klienci kupili|mogą (?:cię|ci)|zobacz (?:też|także|również)|ostatnio oglądane"
    r"|(?:podobné|související|doporučené|súvisiace|odporúčané) (?:produkty|zboží|tovar)|mohlo by|mohlo vás|naposledy|zákazníci (?:také|tiež)|hasonló|kapcsolódó|mások|ajánlott"
    r"|(?:produse|articole) (?:similare|asemănătoare|recomandate)|ți-ar putea|s-ar putea|подобни|свързани|препоръчани"
    r"|похожие|с этим товаром|вам может|рекомендуем|сопутствующие|вы смотрели|недавно просмотр|схожі|подібні|супутні|рекомендован|разом з цим|вас може|ви дивились"
    r"|slični|povezani|sorodni|podobni|možda|liknande|relaterade|andra (?:köpte|kunder|tittade)|du kanske|lignende|relaterte|relaterede|andre (?:kjøpte|købte|kunder)|du (?:vil|kan) (?:måske|kanskje)"
    r"|samankaltais|muut (?:ostivat|asiakkaat)|suosittel|saatat|sarnased|teised (?:ostsid|vaatasid)|līdzīg|panaš|benzer|ilginizi|birlikte alinan|önerilen|παρόμοια|σχετικά προϊόντα|ίσωσ"
    r"|منتجات (?:مشابهة|ذات|مماثلة)|قد يعجبك|محصولات (?:مشابه|مرتبط)|מוצרים (?:דומים|נוספים)|אולי|関連(?:商品|アイテム)|おすすめ|この商品を(?:買った|見た)|よく一緒に|最近(?:見た|チェック)"
    r"|相关(?:产品|商品)|相關(?:產品|商品)|猜你喜欢|猜你喜歡|您可能|推荐|推薦|看了又看|함께|추천|관련 ?상품|비슷한|sản phẩm (?:liên quan|tương tự)|có thể bạn|สินค้า(?:ที่เกี่ยวข้อง|ใกล้เคียง|แนะนำ)|produk (?:terkait|serupa|lain)|mungkin",
)  # fmt: skip


def numbers_below(layout: Layout) -> Iterable[range]:
    """The numbers of the lines below such headings, each up to the next heading of its rank, or the product's title."""
    title = layout.title_line
    for index, line in enumerate(layout.headings):
        if (
            line.heading > 1
            and line is not title
            and len(line.text) <= _LONGEST
            and _OTHERS.search(caseless(line.text))
        ):
            behind = layout.headings[index + 1 :]
            ends = (other.number for other in behind if other.heading <= line.heading or other is title)
            yield range(line.number + 1, next(ends, len(layout.lines)))
