"""Trucks by id: where each was last, and how often it was driven how."""

import msgspec

from app import topics
from app.domain.trucks import TruckPosition
from app.engine.table import Table


class Truck(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of a truck: its last position, and how many events of each type it sent."""

    last: TruckPosition
    events: int
    dangerous: int
    by_type: dict[str, int]


trucks = Table(
    "trucks",
    topics.changelog("trucks"),
    about="The last position of every truck, and counts of its events",
    decode=msgspec.json.Decoder(Truck).decode,
    encode=msgspec.json.Encoder().encode,
)
