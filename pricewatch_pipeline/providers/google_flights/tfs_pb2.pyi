from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Traveller(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRAVELLER_UNKNOWN: _ClassVar[Traveller]
    TRAVELLER_ADULT: _ClassVar[Traveller]
    TRAVELLER_CHILD: _ClassVar[Traveller]
    TRAVELLER_INFANT_IN_SEAT: _ClassVar[Traveller]
    TRAVELLER_INFANT_ON_LAP: _ClassVar[Traveller]

class Cabin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CABIN_UNKNOWN: _ClassVar[Cabin]
    CABIN_ECONOMY: _ClassVar[Cabin]
    CABIN_PREMIUM_ECONOMY: _ClassVar[Cabin]
    CABIN_BUSINESS: _ClassVar[Cabin]
    CABIN_FIRST: _ClassVar[Cabin]

class Trip(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRIP_UNKNOWN: _ClassVar[Trip]
    TRIP_ROUND: _ClassVar[Trip]
    TRIP_ONE_WAY: _ClassVar[Trip]
    TRIP_MULTI_CITY: _ClassVar[Trip]
TRAVELLER_UNKNOWN: Traveller
TRAVELLER_ADULT: Traveller
TRAVELLER_CHILD: Traveller
TRAVELLER_INFANT_IN_SEAT: Traveller
TRAVELLER_INFANT_ON_LAP: Traveller
CABIN_UNKNOWN: Cabin
CABIN_ECONOMY: Cabin
CABIN_PREMIUM_ECONOMY: Cabin
CABIN_BUSINESS: Cabin
CABIN_FIRST: Cabin
TRIP_UNKNOWN: Trip
TRIP_ROUND: Trip
TRIP_ONE_WAY: Trip
TRIP_MULTI_CITY: Trip

class Search(_message.Message):
    __slots__ = ("version", "surface", "legs", "travellers", "cabin", "max_price", "bags", "selection", "limit", "without_self_transfer", "trip", "without_basic_economy")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SURFACE_FIELD_NUMBER: _ClassVar[int]
    LEGS_FIELD_NUMBER: _ClassVar[int]
    TRAVELLERS_FIELD_NUMBER: _ClassVar[int]
    CABIN_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_FIELD_NUMBER: _ClassVar[int]
    BAGS_FIELD_NUMBER: _ClassVar[int]
    SELECTION_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_SELF_TRANSFER_FIELD_NUMBER: _ClassVar[int]
    TRIP_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_BASIC_ECONOMY_FIELD_NUMBER: _ClassVar[int]
    version: int
    surface: int
    legs: _containers.RepeatedCompositeFieldContainer[Leg]
    travellers: _containers.RepeatedScalarFieldContainer[int]
    cabin: int
    max_price: int
    bags: Bags
    selection: int
    limit: Limit
    without_self_transfer: bool
    trip: int
    without_basic_economy: bool
    def __init__(self, version: _Optional[int] = ..., surface: _Optional[int] = ..., legs: _Optional[_Iterable[_Union[Leg, _Mapping]]] = ..., travellers: _Optional[_Iterable[int]] = ..., cabin: _Optional[int] = ..., max_price: _Optional[int] = ..., bags: _Optional[_Union[Bags, _Mapping]] = ..., selection: _Optional[int] = ..., limit: _Optional[_Union[Limit, _Mapping]] = ..., without_self_transfer: _Optional[bool] = ..., trip: _Optional[int] = ..., without_basic_economy: _Optional[bool] = ...) -> None: ...

class Leg(_message.Message):
    __slots__ = ("date", "chosen", "max_stops", "airlines", "without_airlines", "earliest_departure_hour", "latest_departure_hour", "earliest_arrival_hour", "latest_arrival_hour", "max_duration_minutes", "origins", "destinations", "via", "min_layover_minutes", "max_layover_minutes", "emissions")
    DATE_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    MAX_STOPS_FIELD_NUMBER: _ClassVar[int]
    AIRLINES_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_AIRLINES_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_DEPARTURE_HOUR_FIELD_NUMBER: _ClassVar[int]
    LATEST_DEPARTURE_HOUR_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_ARRIVAL_HOUR_FIELD_NUMBER: _ClassVar[int]
    LATEST_ARRIVAL_HOUR_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_MINUTES_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    MIN_LAYOVER_MINUTES_FIELD_NUMBER: _ClassVar[int]
    MAX_LAYOVER_MINUTES_FIELD_NUMBER: _ClassVar[int]
    EMISSIONS_FIELD_NUMBER: _ClassVar[int]
    date: str
    chosen: _containers.RepeatedCompositeFieldContainer[ChosenFlight]
    max_stops: int
    airlines: _containers.RepeatedScalarFieldContainer[str]
    without_airlines: _containers.RepeatedScalarFieldContainer[str]
    earliest_departure_hour: int
    latest_departure_hour: int
    earliest_arrival_hour: int
    latest_arrival_hour: int
    max_duration_minutes: int
    origins: _containers.RepeatedCompositeFieldContainer[Place]
    destinations: _containers.RepeatedCompositeFieldContainer[Place]
    via: _containers.RepeatedScalarFieldContainer[str]
    min_layover_minutes: int
    max_layover_minutes: int
    emissions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, date: _Optional[str] = ..., chosen: _Optional[_Iterable[_Union[ChosenFlight, _Mapping]]] = ..., max_stops: _Optional[int] = ..., airlines: _Optional[_Iterable[str]] = ..., without_airlines: _Optional[_Iterable[str]] = ..., earliest_departure_hour: _Optional[int] = ..., latest_departure_hour: _Optional[int] = ..., earliest_arrival_hour: _Optional[int] = ..., latest_arrival_hour: _Optional[int] = ..., max_duration_minutes: _Optional[int] = ..., origins: _Optional[_Iterable[_Union[Place, _Mapping]]] = ..., destinations: _Optional[_Iterable[_Union[Place, _Mapping]]] = ..., via: _Optional[_Iterable[str]] = ..., min_layover_minutes: _Optional[int] = ..., max_layover_minutes: _Optional[int] = ..., emissions: _Optional[_Iterable[int]] = ...) -> None: ...

class ChosenFlight(_message.Message):
    __slots__ = ("origin", "date", "destination", "airline", "number")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    AIRLINE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    origin: str
    date: str
    destination: str
    airline: str
    number: str
    def __init__(self, origin: _Optional[str] = ..., date: _Optional[str] = ..., destination: _Optional[str] = ..., airline: _Optional[str] = ..., number: _Optional[str] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("kind", "code")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    kind: int
    code: str
    def __init__(self, kind: _Optional[int] = ..., code: _Optional[str] = ...) -> None: ...

class Bags(_message.Message):
    __slots__ = ("carry_on", "checked")
    CARRY_ON_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FIELD_NUMBER: _ClassVar[int]
    carry_on: int
    checked: int
    def __init__(self, carry_on: _Optional[int] = ..., checked: _Optional[int] = ...) -> None: ...

class Limit(_message.Message):
    __slots__ = ("amount",)
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    amount: int
    def __init__(self, amount: _Optional[int] = ...) -> None: ...

class PackedTravellers(_message.Message):
    __slots__ = ("travellers",)
    TRAVELLERS_FIELD_NUMBER: _ClassVar[int]
    travellers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, travellers: _Optional[_Iterable[int]] = ...) -> None: ...

class Anything(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
