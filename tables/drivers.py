"""Drivers by id: as the database has them, and how dangerously they drive."""

import msgspec

from app import topics
from app.domain.trucks import TruckPosition
from app.engine.table import Table


class Driving(msgspec.Struct, frozen=True, rename="camel"):
    """Dangerous events of a driver: ever, and on the latest UTC day that had one (`day`, as 2026-01-31)."""

    driver_id: int
    ever: int
    today: int
    day: str
    last: TruckPosition | None = None


drivers = Table("drivers", topics.changelog("drivers"), about="Drivers as the database has them")
driving = Table(
    "driving",
    topics.changelog("driving"),
    about="Dangerous events of every driver, today (UTC) and ever",
    decode=msgspec.json.Decoder(Driving).decode,
    encode=msgspec.json.Encoder().encode,
)
waiting_events = Table(
    "events-waiting-for-driver",
    topics.changelog("events-waiting-for-driver"),
    about="Dangerous events whose driver is not known yet, in order",
    internal=True,
)
