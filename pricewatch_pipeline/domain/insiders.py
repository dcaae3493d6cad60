"""What ownership filings (SEC forms 3, 4 and 5) say. Values only.

Field names follow the SEC's EDGAR Ownership XML Technical Specification. Numbers are Decimal as written; one that is absent, or
given only as a footnote, is None, and `footnotes` says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pricewatch_pipeline.domain.outcomes import Outcome

PROVIDER = "sec_form4"
"""The provider whose watches have filings."""
FORMS = ("3", "4", "5")
"""Of ownership: initial, changes, annual."""
SUBMITTED_FORMS = (*FORMS, *(f"{form}/A" for form in FORMS))
"""With their amendments."""
OPEN_MARKET_CODES = ("P", "S")
"""Purchase and sale on the open market or privately; all other codes are no decisions to buy or sell at a price."""
KNOWN_CODES = tuple("PSVADFIMCEHOXGLWZJKU")
"""Transaction codes of the SEC's list: general, of Rule 16b-3, of derivatives, exempt and small ones, and others."""


class OwnershipTable(StrEnum):
    """Table I and Table II of the forms."""

    NON_DERIVATIVE = "non_derivative"
    DERIVATIVE = "derivative"


class RowKind(StrEnum):
    """What a row of a table tells of."""

    TRANSACTION = "transaction"
    HOLDING = "holding"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportingOwner:
    """Who files."""

    cik: str
    """Ten digits."""
    name: str
    is_director: bool = False
    is_officer: bool = False
    is_ten_percent_owner: bool = False
    is_other: bool = False
    officer_title: str | None = None
    other_text: str | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    """`street1`, `street2`, `city`, `state`, `zip`, `state_description`; those that are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnershipRow:
    """A transaction, or a holding."""

    table: OwnershipTable
    kind: RowKind
    row: int
    """In its table, from 1 on, in the order of the document; transactions and holdings are counted together."""
    security: str | None = None
    traded_on: date | None = None
    """Date of the transaction."""
    deemed_on: date | None = None
    """Deemed execution date."""
    form_type: str | None = None
    """The form on which it was due: 4, or 5."""
    code: str | None = None
    is_equity_swap: bool = False
    timeliness: str | None = None
    """`E` early, `L` late; None: on time."""
    shares: Decimal | None = None
    total_value: Decimal | None = None
    """Of derivatives reported by value instead of by number."""
    price: Decimal | None = None
    """Per share (per derivative in Table II), in USD."""
    acquired_disposed: str | None = None
    """`A` or `D`."""
    owned_after: Decimal | None = None
    """Shares; of a holding: what is held."""
    value_owned_after: Decimal | None = None
    direct_indirect: str | None = None
    """`D` or `I`."""
    nature: str | None = None
    """Of indirect ownership."""
    exercise_price: Decimal | None = None
    exercise_date: date | None = None
    expiration_date: date | None = None
    underlying: str | None = None
    underlying_shares: Decimal | None = None
    underlying_value: Decimal | None = None
    footnotes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of footnotes by the name of the field above that they stand at; those of the row itself under `row`."""
    flags: tuple[str, ...] = ()
    """What is odd, and was kept as it stands: `date_after_filing`, `date_long_before_period`, `date_not_readable`, ..."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """At the end of a filing."""

    name: str | None
    signed_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnershipFiling:
    """A whole document."""

    form: str
    """As it names itself: `3`, `4`, `5`, with `/A` for amendments."""
    issuer_cik: str
    """Ten digits."""
    issuer_name: str | None = None
    issuer_symbol: str | None = None
    """As written, `NONE` and the like included."""
    issuer_foreign_symbol: str | None = None
    schema_version: str | None = None
    period: date | None = None
    original_filed_on: date | None = None
    """Of an amendment: when that was filed which it amends (`dateOfOriginalSubmission`)."""
    is_subject_to_section_16: bool = True
    has_no_securities: bool = False
    is_10b5_1: bool | None = None
    """The box of the form; None: it is older than the box."""
    owners: tuple[ReportingOwner, ...] = ()
    rows: tuple[OwnershipRow, ...] = ()
    footnotes: Mapping[str, str] = field(default_factory=dict)
    """By id."""
    remarks: str | None = None
    signatures: tuple[Signature, ...] = ()
    accession: str | None = None
    """With dashes, where the document comes with its header: `0000320193-22-000061`."""
    filed_on: date | None = None
    """From the header."""
    accepted_at: datetime | None = None
    """From the header; aware."""
    flags: tuple[str, ...] = ()
    """What is odd of the whole."""

    @property
    def is_amendment(self) -> bool:
        return self.form.endswith("/A")


@dataclass(frozen=True, kw_only=True)
class ParsedFiling:
    """What came of reading a document."""

    outcome: Outcome
    """`ok` or `unreadable`."""
    filing: OwnershipFiling | None = None
    error: str | None = None
    """What is wrong with the document, in one sentence."""
