"""The demo's two companies and what their insiders file: all of it a pure function of company and day, or minute for what is filed while one looks on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from pricewatch_pipeline.demo.sec_documents import NEW_YORK
from pricewatch_pipeline.demo.sec_trades import Told, gift, grant, new_director, option_sale, purchase, sale, withheld
from pricewatch_pipeline.demo.sec_values import EdgarFiling, Entity
from pricewatch_pipeline.domain.insiders import OwnershipFiling, OwnershipRow, ReportingOwner, RowKind, Signature
from pricewatch_pipeline.domain.schedule import stable_hash

_ONE_DAY_IN = 4
"""On so many days, insiders file once."""
_CORRECTED_AFTER = timedelta(days=5)
_MINUTE = timedelta(minutes=1)
_NUMBERS_A_DAY = 2000
_FIRST_OF_A_MINUTE = 500
_CENT = Decimal("0.01")
_RECEIPTS = "American Depositary Shares"


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company, its insiders, and those who own a tenth of it through one another."""

    entity: Entity
    agent: int
    """Whose number its accession numbers begin with."""
    security: str
    insiders: tuple[ReportingOwner, ...]
    chain: tuple[ReportingOwner, ...] = ()
    """The fund, who manages it, who controls that: the same block is filed by each."""
    around: Decimal
    """What a share costs, about."""
    shares_per_ads: int | None = None
    """It is quoted by receipts that stand for so many ordinary shares."""


def _person(cik: int, name: str, title: str | None = None) -> ReportingOwner:
    return ReportingOwner(
        cik=f"{cik:010}",
        name=name,
        is_officer=title is not None,
        is_director=title is None,
        officer_title=title,
        address={"street1": "1 DEMO STREET", "city": "NEW YORK", "state": "NY", "zip": "10001"},
    )


def _holder(cik: int, name: str) -> ReportingOwner:
    return ReportingOwner(cik=f"{cik:010}", name=name, is_ten_percent_owner=True)


COMPANIES = (
    Company(
        entity=Entity(cik="0009900001", name="Linden Robotics, Inc.", symbols=("LNDR",)),
        agent=9_900_001,
        security="Common Stock",
        insiders=(
            _person(9_910_001, "Aldermann Petra", "Chief Executive Officer"),
            _person(9_910_002, "OYELARAN TUNDE", "Chief Financial Officer"),
            _person(9_910_003, "Brandvold Signe K."),
            _person(9_910_004, "Quist Rafael"),
        ),
        chain=(
            _holder(9_920_001, "Meridian Quay Fund III, L.P."),
            _holder(9_920_002, "Meridian Quay Management, LLC"),
            _holder(9_920_003, "Thorsby Edmund"),
        ),
        around=Decimal(84),
    ),
    Company(
        entity=Entity(cik="0009900002", name="Harbor Isle Biologics plc", symbols=("HIBP",)),
        agent=9_900_002,
        security="Ordinary Shares",
        insiders=(
            _person(9_910_011, "Caradoc Nia", "Chief Executive Officer"),
            _person(9_910_012, "Villaseñor Inés", "Chief Medical Officer"),
            _person(9_910_013, "ABEL JONAS"),
        ),
        around=Decimal("1.92"),
        shares_per_ads=10,
    ),
)


def price_on(company: Company, day: date) -> Decimal:
    """What a share costs on a day: it drifts between the first days of the months, and moves a little every day."""
    first, after = day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    low, high = (_level(company, one) for one in (first, after))
    part = Decimal((day - first).days) / Decimal((after - first).days)
    shake = Decimal(stable_hash("day", company.entity.cik, day) % 41 - 20) / 1000
    return max(_CENT, (company.around * (low + (high - low) * part + shake)).quantize(_CENT))


def filed_by(company: Company, day: date) -> tuple[EdgarFiling, ...]:
    """What is filed on a day, first to last. At weekends, nothing."""
    if day.weekday() > 4:
        return ()
    found = [
        *_routine(company, day),
        *_first_reports(company, day),
        *_own_filings(company, day),
        *_amended(company, day),
    ]
    return tuple(_numbered(company, day, told, number) for number, told in enumerate(found))


def filed_within(company: Company, minute: datetime) -> EdgarFiling:
    """What is filed within a minute, on any day: a sale or a purchase of the same day."""
    local = minute.astimezone(NEW_YORK)
    day, of_day = local.date(), local.hour * 60 + local.minute
    seed = stable_hash("minute", company.entity.cik, int(minute.timestamp()) // 60)
    owner = company.insiders[seed % len(company.insiders)]
    kind = purchase if seed % 3 == 0 else sale
    price = (_quoted(company, day) * (1000 + seed % 31 - 15) / 1000).quantize(_CENT)
    told = kind(_security(company, seed), (owner,), day, price, seed)
    filed = _numbered(company, day, _with_ads(company, told), _FIRST_OF_A_MINUTE + of_day)
    return replace(filed, accepted_at=minute)


def filed_between(since: datetime, until: datetime) -> Iterator[EdgarFiling]:
    """What is filed while one looks on: by each company a filing a minute, in turn."""
    minute = since.astimezone(UTC).replace(second=0, microsecond=0)
    while minute <= until:
        for number, company in enumerate(COMPANIES):
            filed = filed_within(company, minute)
            at = minute + number * _MINUTE / len(COMPANIES)
            if since < at <= until:
                yield replace(filed, accepted_at=at)
        minute += _MINUTE


def filed_before(today: date, days: int) -> Iterator[EdgarFiling]:
    """What both companies filed on the days before today."""
    for back in range(days, 0, -1):
        for company in COMPANIES:
            yield from filed_by(company, today - timedelta(days=back))


def _routine(company: Company, day: date) -> list[Told]:
    """What insiders report as they trade: of the business day before."""
    seed = stable_hash("files", company.entity.cik, day)
    if seed % _ONE_DAY_IN:
        return []
    traded, seed = _business_day_before(day), seed // _ONE_DAY_IN
    owner = company.insiders[seed % len(company.insiders)]
    price = _quoted(company, traded)
    kinds = (sale, purchase, sale, option_sale, grant, withheld, gift, purchase)
    chosen = seed // 7 % (len(kinds) + bool(company.chain))
    if chosen == len(kinds):
        block = purchase(company.security, company.chain[:1], traded, price, seed, is_indirect=False)
        rest = purchase(company.security, company.chain[1:], traded, price, seed, is_indirect=True)
        return [block, rest]
    return [_with_ads(company, kinds[chosen](_security(company, seed), (owner,), traded, price, seed))]


def _first_reports(company: Company, day: date) -> list[Told]:
    """A new director at the first business day of a quarter: every other one has nothing to report."""
    if day.month % 3 != 1 or _business_day_before(day).month == day.month:
        return []
    number = 9_930_000 + day.year % 100 * 10 + day.month // 3
    has_shares = stable_hash("form 3", company.entity.cik, day) % 2 == 0
    return [new_director(company.security, _person(number, f"Newcomer {day:%B} {day:%Y}"), day, has_shares=has_shares)]


def _own_filings(company: Company, day: date) -> list[Told]:
    """What the company files itself, at the first business day of a month: no ownership form."""
    return [] if _business_day_before(day).month == day.month else [Told(form="8-K", owners=(), period=day)]


def _amended(company: Company, day: date) -> list[Told]:
    """Every third sale and purchase is amended after a few days: all of it with one number corrected, or its holdings alone."""
    before = day - _CORRECTED_AFTER
    if before.weekday() > 4:
        return []
    found: list[Told] = []
    for told in _routine(company, before):
        seed = stable_hash("amends", company.entity.cik, before)
        if seed % 3 or told.form != "4" or len(told.owners) > 1:
            continue
        rows = _corrected(told.rows) if seed % 2 else _holdings_of(told.rows)
        if rows:
            remarks = "Filed to correct the number of shares of the original report."
            found.append(replace(told, form="4/A", rows=rows, original_filed_on=before, remarks=remarks))
    return found


def _corrected(rows: tuple[OwnershipRow, ...]) -> tuple[OwnershipRow, ...]:
    """All of them, and of the first one a hundred shares more."""
    shares = rows[0].shares
    return rows if shares is None else (replace(rows[0], shares=shares + 100), *rows[1:])


def _holdings_of(rows: tuple[OwnershipRow, ...]) -> tuple[OwnershipRow, ...]:
    held = [row for row in rows if row.kind is RowKind.HOLDING]
    return tuple(replace(row, row=number) for number, row in enumerate(held, start=1))


def _with_ads(company: Company, told: Told) -> Told:
    """Rows of ordinary shares whose price is that of a receipt say so in a footnote."""
    if company.shares_per_ads is None:
        return told
    note = f"The price is per American Depositary Share. Each ADS represents {company.shares_per_ads} Ordinary Shares."
    rows = tuple(
        row
        if not row.price or row.security == _RECEIPTS
        else replace(row, footnotes={**row.footnotes, "price": (*row.footnotes.get("price", ()), "F9")})
        for row in told.rows
    )
    return replace(told, rows=rows, footnotes={**told.footnotes, "F9": note} if rows != told.rows else told.footnotes)


def _security(company: Company, seed: int) -> str:
    """Where there are receipts, insiders trade these or the shares themselves."""
    return company.security if company.shares_per_ads is None or seed >> 9 & 1 else _RECEIPTS


def _quoted(company: Company, day: date) -> Decimal:
    """What is quoted: a share, or a receipt for several."""
    return price_on(company, day) * (company.shares_per_ads or 1)


def _level(company: Company, first: date) -> Decimal:
    return Decimal(80 + stable_hash("month", company.entity.cik, first) % 41) / 100


def _business_day_before(day: date) -> date:
    return day - timedelta(days={0: 3, 6: 2}.get(day.weekday(), 1))


def _numbered(company: Company, day: date, told: Told, number: int) -> EdgarFiling:
    """With an accession number of its own, in the afternoon of its day."""
    serial = day.timetuple().tm_yday * _NUMBERS_A_DAY + number
    is_ownership = bool(told.owners)
    return EdgarFiling(
        accession=f"{company.agent:010}-{day:%y}-{serial:06}",
        form=told.form,
        accepted_at=datetime.combine(day, time(16, 5), NEW_YORK) + number * _MINUTE,
        filed_on=day,
        period=told.period,
        ciks=(company.entity.cik, *(owner.cik for owner in told.owners)),
        filing=_document(company, day, told) if is_ownership else None,
        document="wk-form.xml" if is_ownership else "form8-k.htm",
    )


def _document(company: Company, day: date, told: Told) -> OwnershipFiling:
    return OwnershipFiling(
        form=told.form,
        issuer_cik=company.entity.cik,
        issuer_name=company.entity.name,
        issuer_symbol=company.entity.symbols[0],
        schema_version="X0508",
        period=told.period,
        original_filed_on=told.original_filed_on,
        has_no_securities=told.form == "3" and not told.rows,
        is_10b5_1=told.is_10b5_1,
        owners=told.owners,
        rows=told.rows,
        footnotes=told.footnotes,
        remarks=told.remarks,
        signatures=tuple(Signature(name=f"/s/ {owner.name}", signed_on=day) for owner in told.owners),
    )
