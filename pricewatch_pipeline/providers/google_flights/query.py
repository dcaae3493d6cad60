"""What a watch file may say of a flight search: one search, or a matrix of them."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from pricewatch_pipeline.providers.google_flights import values
from pricewatch_pipeline.providers.google_flights.query_checks import MOST_COMBINATIONS, problems_in

GOOGLE = "https://www.google.com"
SEARCH_PATH = "/travel/flights/search"
DEFAULT_MAX_COMBINATIONS = 600


class Cabin(StrEnum):
    """The class of seats."""

    ECONOMY = "economy"
    PREMIUM_ECONOMY = "premium_economy"
    BUSINESS = "business"
    FIRST = "first"


_MOST_NAMED = 100
_TextOrList = str | list[str]
_DayText = Annotated[str, Field(examples=["2027-01-15", "2027-01-10..2027-01-20"])]
_NightsText = Annotated[str, Field(pattern=r"^\s*\d+\s*(\.\.\s*\d+\s*)?$", examples=["5..9"])]

_Listed = BeforeValidator(values.as_items, json_schema_input_type=_TextOrList)
_Place = Annotated[str, AfterValidator(values.place)]
_Airport = Annotated[str, AfterValidator(values.airport)]
_Carrier = Annotated[str, AfterValidator(values.carrier)]
_Named = Field(max_length=_MOST_NAMED)

Places = Annotated[tuple[_Place, ...], _Named, _Listed, AfterValidator(values.once)]
Airports = Annotated[tuple[_Airport, ...], _Named, _Listed, AfterValidator(values.once)]
Carriers = Annotated[tuple[_Carrier, ...], _Named, _Listed, AfterValidator(values.once)]
Days = Annotated[
    tuple[date, ...],
    BeforeValidator(values.days, json_schema_input_type=_DayText | list[_DayText]),
    PlainSerializer(values.days_written, return_type=str | list[str], when_used="json"),
]
Nights = Annotated[
    tuple[int, ...],
    BeforeValidator(values.nights, json_schema_input_type=int | _NightsText | list[int | _NightsText]),
    PlainSerializer(values.nights_written, return_type=str | int | list[str | int], when_used="json"),
]
Minutes = Annotated[
    int,
    BeforeValidator(values.minutes, json_schema_input_type=int | Annotated[str, Field(examples=["90", "1h30m"])]),
    PlainSerializer(values.minutes_written, return_type=str, when_used="json"),
]


class FlightQuery(BaseModel):
    """A trip to look for. Values are given as tuples in order; what is written as one value or as ranges is spread."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    origins: Annotated[
        Places,
        Field(description="Where the trip begins: IATA codes of airports, or Google's ids of cities (/m/04jpl)."),
    ]
    destinations: Annotated[Places, Field(description="Where it goes: as `origins`.")]
    departs: Annotated[
        Days, Field(description="The day of departure; in a matrix also a list, or a range 2027-01-10..2027-01-20.")
    ]
    returns: Annotated[Days | None, Field(description="The day of return, as `departs`; absent: one way.")] = None
    stay: Annotated[
        Nights | None,
        Field(description="Nights between departure and return, instead of `returns`: 7, a list, or 5..9."),
    ] = None
    matrix: Annotated[
        bool, Field(description="Stands for many searches: each origin x destination x day (x stay) is one.")
    ] = False
    max_combinations: Annotated[
        int, Field(ge=1, le=MOST_COMBINATIONS, description="How many searches a matrix may stand for.")
    ] = DEFAULT_MAX_COMBINATIONS
    cabin: Annotated[Cabin, Field(description="The class of seats.")] = Cabin.ECONOMY
    adults: Annotated[int, Field(ge=0, le=99, description="Travellers of 12 years and more.")] = 1
    children: Annotated[int, Field(ge=0, le=99, description="Travellers of 2 to 11 years.")] = 0
    infants_in_seat: Annotated[int, Field(ge=0, le=99, description="Below 2 years, with a seat.")] = 0
    infants_on_lap: Annotated[int, Field(ge=0, le=99, description="Below 2 years, on an adult's lap.")] = 0
    max_stops: Annotated[
        int | None, Field(ge=0, le=2, description="0: non-stop, 1 or 2: at most so many; absent: any.")
    ] = None
    airlines: Annotated[
        Carriers | None,
        Field(description="Only these: IATA codes of airlines, or oneworld, skyteam, star_alliance."),
    ] = None
    without_airlines: Annotated[Carriers | None, Field(description="None of these: as `airlines`.")] = None
    via: Annotated[Airports | None, Field(description="Airports where a layover may be.")] = None
    min_layover: Annotated[Minutes | None, Field(description="The shortest layover: minutes, or 1h30m.")] = None
    max_layover: Annotated[Minutes | None, Field(description="The longest layover: minutes, or 6h.")] = None
    carry_on: Annotated[
        int, Field(ge=0, le=1, description="1: prices include a bag in the cabin, where the site knows its fee.")
    ] = 0
    checked_bags: Annotated[
        int, Field(ge=0, le=2, description="Checked bags that prices include, where the site knows their fee.")
    ] = 0
    currency: Annotated[
        str,
        BeforeValidator(values.text_of(values.currency), json_schema_input_type=str),
        Field(description="ISO 4217: prices are asked for in it."),
    ] = "USD"
    language: Annotated[
        str,
        BeforeValidator(values.text_of(values.language), json_schema_input_type=str),
        Field(description="Of the page."),
    ] = "en"
    country: Annotated[
        str,
        BeforeValidator(values.text_of(values.country), json_schema_input_type=str),
        Field(description="Where the ticket is bought, as a code of two letters: it decides which offers are shown."),
    ] = "US"
    site: Annotated[
        str,
        BeforeValidator(values.text_of(values.site), json_schema_input_type=str),
        Field(description="The site to ask, should it be another."),
    ] = GOOGLE

    @model_validator(mode="before")
    @classmethod
    def _only_what_is_said(cls, value: Any) -> Any:
        return {name: said for name, said in value.items() if said is not None} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits_together(self) -> "FlightQuery":
        problems = problems_in(self)
        if problems:
            # One error per field, so that a watch file's errors stand at the field they are about.
            raise ValidationError.from_exception_data(
                type(self).__name__,
                [
                    InitErrorDetails(
                        type=PydanticCustomError("value_error", "{error}", {"error": message}),
                        loc=(field,),
                        input=getattr(self, field),
                    )
                    for field, message in problems
                ],
            )
        return self

    @property
    def travellers(self) -> int:
        """How many people fly."""
        return self.adults + self.children + self.infants_in_seat + self.infants_on_lap

    @property
    def is_round_trip(self) -> bool:
        """Whether it comes back."""
        return self.returns is not None or self.stay is not None
