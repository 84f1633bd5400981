"""The workload of W2: positions of trucks, some of them dangerous, and their drivers."""

import random
from collections.abc import Iterator

import orjson

from app import topics
from app.engine.store import now_ms
from benchmarks.feed import fill
from benchmarks.workload import Command

TRUCKS, DRIVERS = 10_000, 500
EVERY = 20  # one position in so many is dangerous
KINDS = ("Overspeed", "Lane Departure", "Unsafe following distance", "Unsafe tail distance")
RATE = 10_000  # positions for each second of event time: partitions then run ahead of one another by about a grace


def positions(count: int, rate: int = RATE) -> Iterator[Command]:
    """Give `count` positions up to now, `rate` to a second, else the same in every run; records have their time."""
    source, begin = random.Random("w2"), now_ms() - count * 1000 // rate  # noqa: S311 -- no secret: the same in every run
    for number in range(count):
        truck = source.randrange(TRUCKS)
        kind = KINDS[number // EVERY % len(KINDS)] if number % EVERY == 0 else "Normal"
        at = begin + number * 1000 // rate
        value = {
            "timestamp": at,
            "truckId": truck,
            "driverId": truck % DRIVERS,
            "routeId": 1927624662,
            "eventType": kind,
            "latitude": 37.31,
            "longitude": -94.31,
            "correlationId": str(number),
        }
        yield Command(str(number), b"%d" % truck, orjson.dumps(value), at)


async def put_drivers(broker: str) -> None:
    """Publish the drivers, as their source would."""
    await fill(broker, topics.trucking_driver.name, drivers())


def drivers() -> Iterator[Command]:
    """Give all drivers, changed last a day before the positions."""
    changed = now_ms() - 24 * 60 * 60_000
    for number in range(DRIVERS):
        row = {"id": number, "firstName": "A", "lastName": "Driver", "last_update": changed}
        yield Command(str(number), b"%d" % number, orjson.dumps(row), changed)
