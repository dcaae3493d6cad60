"""What a watch file may say of a company whose insiders are watched."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from pricewatch_pipeline.domain.filings import FilingBounds
from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.providers.sec_form4 import values

SEC = "https://www.sec.gov"
SEC_DATA = "https://data.sec.gov"
DEFAULT_DAYS_BACK = 365
MOST_DAYS_BACK = 36_500

Form = Literal["3", "4", "5"]


class InsiderQuery(BaseModel):
    """A company, and how far back its filings are read."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    company: Annotated[
        str,
        BeforeValidator(values.company, json_schema_input_type=str | int),
        Field(description="A ticker (AAPL, BRK-B), or a CIK (320193, 0000320193).", examples=["AAPL", "0000320193"]),
    ]
    days_back: Annotated[
        Annotated[int, Field(ge=0, le=MOST_DAYS_BACK)] | None,
        BeforeValidator(values.days_back, json_schema_input_type=int | Literal["all"] | None),
        Field(
            description="At first sight, filings of so many days are read; `all`: every one. What is filed later is always read."
        ),
    ] = DEFAULT_DAYS_BACK
    max_filings: Annotated[
        int | None, Field(ge=1, description="At first sight, at most the newest so many; absent: no such bound.")
    ] = None
    forms: Annotated[
        tuple[Form, ...],
        BeforeValidator(values.forms, json_schema_input_type=str | int | list[str | int]),
        Field(description="Which forms are read, each with its amendments: 3 (initial), 4 (changes), 5 (annual)."),
    ] = ("3", "4", "5")
    site: Annotated[
        str,
        BeforeValidator(values.site, json_schema_input_type=str),
        Field(description="Where documents, indexes and the list of tickers lie, should it be another place."),
    ] = SEC
    data_site: Annotated[
        str,
        BeforeValidator(values.site, json_schema_input_type=str),
        Field(
            description="Where lists of filings lie, should it be another place; absent: with another `site`, there."
        ),
    ] = SEC_DATA

    @model_validator(mode="before")
    @classmethod
    def _at_one_place(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("data_site") is not None or value.get("site") in (None, SEC):
            return value
        return value | {"data_site": value["site"]}

    @model_validator(mode="after")
    def _of_one_host(self) -> "InsiderQuery":
        if host_key(self.site) != host_key(self.data_site):
            raise ValueError(f"{self.site} and {self.data_site} are different hosts: their pace is kept as one host's")
        return self

    @model_serializer(mode="wrap")
    def _with_all(self, serialized: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """`all` is written out: dumps that leave out None would turn it into the default."""
        written: dict[str, Any] = serialized(self)
        return written | {"days_back": values.ALL} if self.days_back is None else written

    @property
    def bounds(self) -> FilingBounds:
        return FilingBounds(days_back=self.days_back, max_filings=self.max_filings, forms=self.forms)

    @property
    def cik(self) -> str | None:
        """Where the company is named by it."""
        return self.company if values.is_cik(self.company) else None
