"""W2: truck positions that wait in Kafka, through all derived topics: dangerous, joined with drivers, windows."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
from aiokafka import TopicPartition

from app import topics
from app.engine.store import now_ms
from benchmarks.arena import Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.records import everything
from benchmarks.watch import Watch
from benchmarks.worker import use
from benchmarks.workload import Command

POSITIONS = 1_000_000
TRUCKS, DRIVERS = 10_000, 500
EVERY = 20  # one position in so many is dangerous
KINDS = ("Overspeed", "Lane Departure", "Unsafe following distance", "Unsafe tail distance")
RATE = 10_000  # positions for each second of event time: partitions then run ahead of one another by about a grace


async def run(options: Options) -> list[Outcome]:
    """Produce, start the workers, wait until everything dangerous is joined, prove the outputs."""
    count, workers = options.commands or POSITIONS, options.workers or 1
    async with Arena(keep=options.keep, services=("trucking",)) as arena:
        broker = arena.kafka.broker
        await put_drivers(broker)
        await fill(broker, topics.truck_position.name, positions(count))
        for _ in range(workers):
            arena.start_worker()
        joined = topics.dangerous_driving_driver.name
        # Trucks first and joins after: the rate is up to the last record of the last topic.
        watch = Watch(broker, joined, lambda: use(arena.workers))
        await watch.run(least=count // EVERY, quiet_s=2.0, timeout_s=120 + count / 5000)
        faults, firsts, lasts = await _prove(broker, count)
        begin, end = watch.span(firsts, lasts)
        seconds = end.at - begin.at
    figures = {
        "commands": count,
        "rate_per_s": round(count / seconds),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / count * 1e6, 1),
        "rss_mb": round(watch.peak_rss / workers / 2**20),
        "seconds": round(seconds, 2),
    }
    return [Outcome("w2", "kawka", workers, figures, faults)]


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


async def _prove(broker: str, count: int) -> tuple[tuple[str, ...], dict[Any, int], dict[Any, int]]:
    """Every dangerous position once and joined; gives where the joined ones begin and end too."""
    seen: dict[str, Counter[str]] = {}
    firsts: dict[Any, int] = {}
    lasts: dict[Any, int] = {}
    unknown = 0
    for topic in (topics.dangerous_driving, topics.dangerous_driving_driver):
        found = seen[topic.name] = Counter[str]()
        async for records in everything(broker, topic.name):
            for record in records:
                value = orjson.loads(record.value)
                found[value["correlationId"]] += 1
                unknown += topic is topics.dangerous_driving_driver and value["driver"] is None
            if topic is topics.dangerous_driving_driver:
                tp = TopicPartition(records[0].topic, records[0].partition)
                firsts.setdefault(tp, records[0].offset)
                lasts[tp] = records[-1].offset
    wanted = Counter(str(number) for number in range(0, count, EVERY))
    faults = [f"{name}: not every dangerous position once" for name, found in seen.items() if found != wanted]
    return (*faults, *([f"{unknown} joined with no driver"] if unknown else [])), firsts, lasts
