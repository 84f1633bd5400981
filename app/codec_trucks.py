"""What truck devices send, JSON or CSV, to typed positions (contract.md)."""

import re
from typing import Final

from msgspec import Struct, structs

from app.codec import Codec, Undecodable
from app.domain.trucks import TruckPosition

FIELDS: Final = structs.fields(TruckPosition)
_INTEGER = re.compile(r"-?[0-9]{1,19}").fullmatch
_DECIMAL = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,20})?").fullmatch  # no nan, inf, 1e5 or 1_000, which float() takes
_SHOWN = 40  # characters of a wrong field that an error repeats


class _Lenient(Struct, frozen=True, rename="camel"):
    """A position whose correlationId came as a number, which becomes its decimal text."""

    timestamp: int
    truck_id: int
    driver_id: int
    route_id: int
    event_type: str
    latitude: float
    longitude: float
    correlation_id: int


truck_positions: Codec[TruckPosition] = Codec(TruckPosition)
_lenient: Codec[_Lenient] = Codec(_Lenient)


def decode(payload: bytes) -> TruckPosition:
    """The position in a device's message: JSON when it begins with a brace, else CSV. Raises Undecodable.

    Only the shape is judged here; whether the values can be is app/domain/trucks.py's to say.
    """
    if payload.lstrip()[:1] != b"{":
        return _csv(payload)
    try:
        return truck_positions.decode(payload)
    except Undecodable as error:
        if error.field != "correlationId":
            raise
        position = _lenient.decode(payload)
        return TruckPosition(
            position.timestamp,
            position.truck_id,
            position.driver_id,
            position.route_id,
            position.event_type,
            position.latitude,
            position.longitude,
            str(position.correlation_id),
        )


def to_csv(position: TruckPosition) -> bytes:
    """The CSV form: the fields in their order, separated by commas."""
    return ",".join(str(value) for value in structs.astuple(position)).encode()


def _csv(payload: bytes) -> TruckPosition:
    try:
        parts = [part.strip() for part in payload.decode().split(",")]
    except UnicodeDecodeError as error:
        raise Undecodable("The CSV is not UTF-8.") from error
    if len(parts) != len(FIELDS):
        raise Undecodable(f"A CSV record has {len(FIELDS)} fields, this has {len(parts)}.")
    return TruckPosition(
        _integer(parts, 0),
        _integer(parts, 1),
        _integer(parts, 2),
        _integer(parts, 3),
        parts[4],
        _decimal(parts, 5),
        _decimal(parts, 6),
        parts[7],
    )


def _integer(parts: list[str], at: int) -> int:
    if not _INTEGER(parts[at]):
        raise _wrong(parts[at], at, "an integer")
    return int(parts[at])


def _decimal(parts: list[str], at: int) -> float:
    if not _DECIMAL(parts[at]):
        raise _wrong(parts[at], at, "a decimal number")
    return float(parts[at])


def _wrong(text: str, at: int, what: str) -> Undecodable:
    name = FIELDS[at].encode_name
    return Undecodable(f"{name} is {text[:_SHOWN]!r}, not {what}." if text else f"{name} is empty.", name)
