"""Trucks on US corridors, to and fro, some of their drivers more dangerous than others.

Pure and repeatable: the same seed gives the same trucks, drives and events; only the time comes from the clock.
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Callable, Iterator
from importlib import resources

import msgspec

from app.domain.trucks import NORMAL, TruckPosition

FIRST_TRUCK = 101
DRIVERS = (27, 11, 12, 21, *(number for number in range(10, 51) if number not in (11, 12, 21, 27)))
STRANGER = 99  # drives the last truck and has no row in the driver table
DANGERS = ("Lane Departure", "Unsafe following distance", "Unsafe tail distance", "Overspeed")
CAREFUL, CARELESS = 0.02, 0.25  # share of a driver's events that are dangerous
CARELESS_DRIVERS = 5
KM_PER_HOUR = (75.0, 115.0)
TIME_LAPSE = 60.0  # a minute of driving a second, else nothing moves on a map of the country
EARTH_KM = 6371.0

Point = tuple[float, float]


class Corridor(msgspec.Struct, frozen=True):
    """A road: points of (latitude, longitude) in degrees, from one end to the other."""

    id: int
    name: str
    points: tuple[Point, ...]


class Road:
    """A corridor with its length, to ask where a truck is after so many km."""

    def __init__(self, corridor: Corridor) -> None:
        self.id = corridor.id
        self._points = corridor.points
        legs = [kilometres(a, b) for a, b in itertools.pairwise(corridor.points)]
        self._marks = list(itertools.accumulate(legs, initial=0.0))
        self.length = self._marks[-1]

    def at(self, km: float) -> Point:
        """The point after `km` of driving from the first end, turning at both ends."""
        km %= 2 * self.length
        km = min(km, 2 * self.length - km)
        leg = min(max(bisect.bisect_right(self._marks, km) - 1, 0), len(self._points) - 2)
        share = (km - self._marks[leg]) / (self._marks[leg + 1] - self._marks[leg])
        (south, west), (north, east) = self._points[leg], self._points[leg + 1]
        return south + (north - south) * share, west + (east - west) * share


class Truck(msgspec.Struct, frozen=True):
    """A truck on its road: where it set out, km, how fast it drives, km/h, and how dangerous its driver is."""

    id: int
    driver: int
    road: Road
    start_km: float
    speed: float
    risk: float


def positions(seed: int, trucks: int, rate: float, clock: Callable[[], int]) -> Iterator[TruckPosition]:
    """Give positions without end, truck after truck; `rate` a second, all trucks together; `clock` gives ms."""
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    roads = [Road(corridor) for corridor in corridors()]
    fleet = [_truck(rng, number, trucks, roads[number % len(roads)]) for number in range(trucks)]
    for number in itertools.count():
        truck = fleet[number % trucks]
        hours = number / rate / 3600 * TIME_LAPSE
        latitude, longitude = truck.road.at(truck.start_km + truck.speed * hours)
        event = rng.choice(DANGERS) if rng.random() < truck.risk else NORMAL
        correlation = str(rng.randrange(-(2**63), 2**63))
        yield TruckPosition(
            clock(), truck.id, truck.driver, truck.road.id, event, round(latitude, 4), round(longitude, 4), correlation
        )


def corridors() -> list[Corridor]:
    """Read the roads that come with the package."""
    raw = resources.files("app.simulate").joinpath("corridors.json").read_bytes()
    return msgspec.json.decode(raw, type=list[Corridor])


def kilometres(a: Point, b: Point) -> float:
    """The way over the globe between two points, km (haversine formula)."""
    (south, west), (north, east) = (tuple(map(math.radians, point)) for point in (a, b))
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(chord))


def _truck(rng: random.Random, number: int, trucks: int, road: Road) -> Truck:
    stranger = trucks > 1 and number == trucks - 1
    driver = STRANGER if stranger else DRIVERS[number % len(DRIVERS)]
    risk = CARELESS if number % len(DRIVERS) < CARELESS_DRIVERS else CAREFUL
    start, speed = rng.uniform(0, 2 * road.length), rng.uniform(*KM_PER_HOUR)
    return Truck(FIRST_TRUCK + number, driver, road, start, speed, risk)
