"""Insiders as a person looks at them: trades, filings, checks and statistics, of a company, of a watch, or of all."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pricewatch_pipeline.domain.insiders import PROVIDER
from pricewatch_pipeline.errors import ConfigurationError, NotFound
from pricewatch_pipeline.registry import sec_form4
from pricewatch_pipeline.services.open_pipeline import Pipeline
from pricewatch_pipeline.services.show_watches import require_known
from pricewatch_pipeline.storage import insider_numbers, insider_views, watches
from pricewatch_pipeline.storage.database import Connection

Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class CompanyView:
    """Rows of one company, or of all."""

    company: str | None
    """In words; None: of all."""
    rows: list[Record]
    total: int
    """Rows there are, where only some were asked for."""
    sums: Record | None = None
    """What trades come to, also those that were not asked for."""


def show_trades(
    pipeline: Pipeline,
    name: str | None = None,
    *,
    since: date | None = None,
    side: str | None = None,
    limit: int | None = None,
) -> CompanyView:
    """Trades on the open market, the newest first; `name`: a watch, a ticker or a CIK; `side`: `buy` or `sell`.

    Raises:
        NotFound: no company is known by this name.
        ConfigurationError: it is a watch on something else.
    """

    def work(connection: Connection) -> CompanyView:
        cik = name and _cik_of(connection, name)
        sums = insider_views.trade_sums(connection, cik=cik, since=since, side=side)
        return CompanyView(
            company=cik and _in_words(connection, cik),
            rows=insider_views.trades(connection, cik=cik, since=since, side=side, limit=limit),
            total=sums["trades"],
            sums=sums,
        )

    return pipeline.database.run(work)


def show_filings(
    pipeline: Pipeline,
    name: str | None = None,
    *,
    state: str | None = None,
    since: date | None = None,
    limit: int | None = None,
) -> CompanyView:
    """Filings about a company or in its list, the newest first.

    Raises:
        NotFound, ConfigurationError: as `show_trades` says.
    """

    def work(connection: Connection) -> CompanyView:
        cik = name and _cik_of(connection, name)
        return CompanyView(
            company=cik and _in_words(connection, cik),
            rows=insider_views.filings(connection, cik=cik, state=state, since=since, limit=limit),
            total=insider_views.count_filings(connection, cik=cik, state=state, since=since),
        )

    return pipeline.database.run(work)


def show_clusters(pipeline: Pipeline, name: str | None = None, *, since: date | None = None) -> CompanyView:
    """Times in which at least three owners bought within 30 days, the newest first.

    Raises:
        NotFound, ConfigurationError: as `show_trades` says.
    """

    def work(connection: Connection) -> CompanyView:
        cik = name and _cik_of(connection, name)
        rows = insider_views.clusters(connection, cik=cik, since=since)
        return CompanyView(company=cik and _in_words(connection, cik), rows=rows, total=len(rows))

    return pipeline.database.run(work)


def show_checks(pipeline: Pipeline, watch_id: str | None = None, *, limit: int | None = None) -> list[Record]:
    """Checks with what they found, the newest first.

    Raises:
        NotFound, ConfigurationError: there is no such watch, or it is none on insiders.
    """

    def work(connection: Connection) -> list[Record]:
        if watch_id is not None:
            _require_insiders(connection, watch_id)
        return insider_views.checks(connection, watch_id=watch_id, limit=limit)

    return pipeline.database.run(work)


def show_statistics(pipeline: Pipeline, watch_id: str | None = None) -> Record:
    """The row of `analytics.insider_statistics`, or that of a watch in `analytics.insider_watches`.

    Raises:
        NotFound, ConfigurationError: as `show_checks` says.
    """
    if watch_id is None:
        return pipeline.database.run(insider_numbers.statistics)
    return pipeline.database.run(lambda connection: _require_insiders(connection, watch_id))


def _require_insiders(connection: Connection, watch_id: str) -> Record:
    found = insider_views.watch_statistics(connection, watch_id)
    if found is None:
        provider = require_known(connection, watch_id)["provider"]
        raise ConfigurationError(f"{watch_id} is no insider watch, for its provider is {provider}")
    return found


def _cik_of(connection: Connection, name: str) -> str:
    watch = watches.one(connection, name)
    if watch and watch["provider"] == PROVIDER:
        cik = _require_insiders(connection, name)["cik"]
        if cik is None:
            raise NotFound(f"the company of {name} is not known yet: `pricewatch check {name}` looks for it")
        return str(cik)
    return _cik_named(connection, name)


def _cik_named(connection: Connection, name: str) -> str:
    try:
        company = sec_form4().company_said(name)
    except ConfigurationError as error:
        raise NotFound(f"no such insider watch, and no company: {error}") from error
    cik = company if company.isdigit() else insider_views.cik_named(connection, company)
    if cik is None:
        raise NotFound(
            f"no company with the ticker {company} is known here: the SEC's list is read when a watch is checked. "
            "Name an insider watch, or a CIK"
        )
    return cik


def _in_words(connection: Connection, cik: str) -> str:
    name = insider_views.issuer_name(connection, cik)
    return f"{name} (CIK {cik})" if name else f"CIK {cik}"
