"""The order of the fields of a protobuf message: as it was found, and a message put into it again.

The protobuf library reads fields in any order and writes them by number. Addresses that others made have other orders.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.unknown_fields import UnknownFieldSet

from pricewatch_pipeline.errors import NotASearch
from pricewatch_pipeline.providers.google_flights.tfs_pb2 import Anything

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_SIZES = {FIXED64: 8, FIXED32: 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field as it stands in a message."""

    number: int
    wire_type: int
    data: Any
    """bytes where the wire type is LENGTH, else a number without sign."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A field's place in the order, and the order within it where it is a message."""

    number: int
    within: "tuple[Step, ...] | None" = None


def fields_of(raw: bytes) -> Iterator[Field]:
    """The fields of a valid message, as they stand.

    Raises:
        NotASearch: it has groups, a kind of field that went out of use.
    """
    unknown = UnknownFieldSet(Anything.FromString(raw))
    for place in range(len(unknown)):
        field = unknown[place]
        if field.wire_type not in (VARINT, FIXED64, LENGTH, FIXED32):
            raise NotASearch(f"field {field.field_number} is of a kind that no search has")
        yield Field(number=field.field_number, wire_type=field.wire_type, data=field.data)


def order_of(raw: bytes, kind: Any) -> tuple[Step, ...]:
    """The order of the fields of a message, and of the messages in it; `kind` is its descriptor."""
    return tuple(_step(field, kind) for field in fields_of(raw))


def rearranged(raw: bytes, order: tuple[Step, ...]) -> bytes:
    """The message with its fields in this order; those that the order does not name come last."""
    waiting: dict[int, deque[Field]] = defaultdict(deque)
    for field in fields_of(raw):
        waiting[field.number].append(field)
    parts = [_written(waiting[step.number].popleft(), step) for step in order if waiting[step.number]]
    parts += [_written(field, None) for fields in waiting.values() for field in fields]
    return b"".join(parts)


def _step(field: Field, kind: Any) -> Step:
    known = kind.fields_by_number.get(field.number)
    message = known.message_type if known else None
    within = order_of(field.data, message) if message and field.wire_type == LENGTH else None
    return Step(number=field.number, within=within)


def _written(field: Field, step: Step | None) -> bytes:
    tag = _varint(field.number << 3 | field.wire_type)
    match field.wire_type:
        case 0:
            return tag + _varint(field.data)
        case 2:
            data = rearranged(field.data, step.within) if step and step.within is not None else field.data
            return tag + _varint(len(data)) + data
        case _:
            return tag + int(field.data).to_bytes(_SIZES[field.wire_type], "little")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
