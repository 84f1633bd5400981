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
