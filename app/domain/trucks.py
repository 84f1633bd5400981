"""What trucks tell: where they are and how they are driven. Pure; the shapes of contract.md."""

from msgspec import Struct

NORMAL = "Normal"


class TruckPosition(Struct, frozen=True, rename="camel", gc=False):
    """A record of truck_position and dangerous_driving. `timestamp` ms since 1970; latitude, longitude in degrees.

    `correlation_id` is text: 64 bits do not survive JavaScript.
    """

    timestamp: int
    truck_id: int
    driver_id: int
    route_id: int
    event_type: str
    latitude: float
    longitude: float
    correlation_id: str

    @property
    def dangerous(self) -> bool:
        """Whether it is of any type other than Normal; an unknown type is."""
        return self.event_type != NORMAL


TEN_YEARS_MS = 3653 * 24 * 60 * 60 * 1000
_LARGEST = 2**63 - 1
_LONGEST = 64  # characters of a text field


def flaw(position: TruckPosition, now_ms: int, max_ahead_ms: int) -> tuple[str, str] | None:
    """What makes a position unusable at the door, as (field, sentence); None for a good one.

    Time is judged by the wall clock `now_ms`, ms: not above `max_ahead_ms` ahead nor 10 years back. Behind the door
    there is no clock. An event type that nobody knows is good: it counts as dangerous.
    """
    for field, number in (
        ("truckId", position.truck_id),
        ("driverId", position.driver_id),
        ("routeId", position.route_id),
    ):
        if not 0 <= number <= _LARGEST:
            return field, f"{field} is not between 0 and 2^63-1."
    for field, text in (("eventType", position.event_type), ("correlationId", position.correlation_id)):
        if not 0 < len(text) <= _LONGEST or not text.isprintable():
            return field, f"{field} is not a text of 1 to {_LONGEST} printable characters."
    if not -90 <= position.latitude <= 90:  # NaN is outside, too
        return "latitude", "latitude is not between -90 and 90 degrees."
    if not -180 <= position.longitude <= 180:
        return "longitude", "longitude is not between -180 and 180 degrees."
    if position.timestamp > now_ms + max_ahead_ms:
        return "timestamp", f"timestamp is more than {max_ahead_ms // 1000} s ahead of the clock."
    if position.timestamp < max(0, now_ms - TEN_YEARS_MS):
        return "timestamp", "timestamp is more than 10 years back."
    return None
