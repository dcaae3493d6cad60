"""The condition of goods in words: new, used, refurbished or damaged, as schema.org and shops in many languages say it."""

from pricewatch_pipeline.parsing.phrases import Phrases, folded

_WORDS = Phrases(
    {
        "refurbished": """
            refurbished|renewed|reconditioned|generaluberholt*|general uberholt*|uberholt*|wiederaufbereitet*|
            reconditionn*|remis a neuf|remis en etat|reacondicionad*|recondicionad*|recondicionat*|ricondizionat*|
            rigenerat*|gereviseerd*|refurbed|opgeknapt*|odnowion*|poleasingow*|repasovan*|renovovan*|felujitott*|
            reconditionat*|восстановлен*|відновлен*|реновиран*|obnovljen*|reparirano|yenilenmis|ανακατασκευασμεν*|
            renoverad*|rekonditionerad*|istandsat*|kunnostett*|uuendatud|atnaujint*|atjaunot*|整備済*|再生品|翻新|官翻|리퍼*|
            รีเฟอร์บิช|tan trang|מחודש*|מחודשת|مجدد|تجديد|refurbishedcondition|renewed premium|certified pre owned
            """,
        "used": """
            used|pre owned|preowned|pre loved|preloved|second hand|secondhand|2nd hand|gebraucht*|occasion|
            d'occasion|usado|usada|usados|seminuevo*|segunda mano|segunda mao|seminovo*|usato|usata|di seconda mano|
            tweedehands*|gebruikt*|uzywan*|pouzit*|z druhej ruky|z druhe ruky|hasznalt*|folosit*|utilizat|б/у|б у|
            бу|подержанн*|с пробегом|вживан*|употребяван*|polovn*|rabljen*|koristen*|ikinci el|2 el|μεταχειρισμεν*|
            begagnad*|brukt|brugt|kaytett*|kasutatud|naudot*|lietot*|中古*|二手|중고*|มือสอง|da qua su dung|יד שניה|
            משומש*|مستعمل*|دست دوم|usedcondition|kondisi bekas|bekas|इस्तेमाल
            """,
        "damaged": """
            damaged|for parts|beschadigt*|defekt*|bastlerware|endommage*|abime|danad*|dañad*|danificad*|danneggiat*|
            beschadigd*|uszkodzon*|poskozen*|poskoden*|serult*|deteriorat*|поврежден*|пошкоджен*|повреден*|ostecen*|
            poskodovan*|hasarli|skadad*|skadet|vaurioitun*|ジャンク*|损坏|damagedcondition
            """,
        "new": """
            new|brand new|factory new|neu|neuware|neuwertig|neuf|neuve|nuevo|nueva|novo|nova|nuovo|nuova|nieuw|nowy|
            nowa|nowe|novy|nove|uj|nou|noua|новый|новое|новая|новий|нов|ново|nov|yeni|sifir|καινουριο|καινουργιο|ny|
            nytt|uusi|uus|naujas|jauns|新品|全新|새상품|새 상품|มือหนึ่ง|ใหม่|moi|hang moi|חדש|جديد|نو|नया|baru|newcondition
            """,
    }
)
_IN_NAMES = frozenset({"used", "refurbished", "damaged"})
_NO_CONDITION_IN_NAMES = frozenset({"occasion", "2 el"})
"""`Special occasion dress`: in other languages, or beside a number, these are other words."""


def condition_of(text: str | None) -> str | None:
    """What a text that is about the condition says: `new`, `used`, `refurbished` or `damaged`."""
    if not text or len(text) > 200:
        return None
    return _WORDS.first(folded(text.rpartition("/")[2] if "schema.org" in text else text))


def condition_in_name(title: str | None) -> str | None:
    """What a product's name says of its condition; that something is called new in it says nothing."""
    if not title:
        return None
    plain = folded(title[:300])
    told = ((plain[start:end], kind) for start, end, kind in _WORDS.find(plain))
    return next((kind for word, kind in told if kind in _IN_NAMES and word not in _NO_CONDITION_IN_NAMES), None)
