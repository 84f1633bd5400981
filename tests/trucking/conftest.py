"""A cluster that runs the trucking service, and hands to send and read its records."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from app import topics
from tests.oracle import read_topic
from tests.workers import Cluster, eventually

T0 = 1_522_846_440_000  # a multiple of 60 s: where windows begin


class Trucking:
    """The cluster, with the suite's truck topics."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    async def send(self, topic: topics.Topic, *records: tuple[Any, Any, int]) -> None:
        """Send (key, value, timestamp ms) in order."""
        producer = AIOKafkaProducer(bootstrap_servers=self.cluster.broker, enable_idempotence=True)
        await producer.start()
        try:
            for key, value, timestamp in records:
                body = None if value is None else orjson.dumps(value)
                name = self.cluster.topic(topic)
                await producer.send(name, body, key=str(key).encode(), timestamp_ms=timestamp)
            await producer.flush()
        finally:
            await producer.stop()

    async def positions(self, *values: dict[str, Any]) -> None:
        """Send truck positions."""
        await self.send(topics.truck_position, *((v["truckId"], v, v["timestamp"]) for v in values))

    async def driver(self, number: int, name: str, at: int = T0) -> None:
        """Send a driver's row."""
        await self.send(topics.trucking_driver, (number, {"id": number, "firstName": name, "last_update": at}, at))

    async def read(self, topic: topics.Topic, count: int, within: float = 30) -> list[dict[str, Any]]:
        """Wait for `count` records, then give all there are, in order of partition and offset."""

        async def enough() -> list[Any]:
            records = await read_topic(self.cluster.broker, self.cluster.topic(topic))
            return records if len(records) >= count else []

        records = await eventually(enough, within, f"{count} records of {topic.name}")
        return [orjson.loads(record.value) for record in records]


def position(truck: int = 31, driver: int = 27, at: int = T0, kind: str = "Normal", **more: Any) -> dict[str, Any]:
    """Give a truck position as contract.md has it."""
    return {
        "timestamp": at,
        "truckId": truck,
        "driverId": driver,
        "routeId": 1927624662,
        "eventType": kind,
        "latitude": 37.31,
        "longitude": -94.31,
        "correlationId": "-4802309397906690837",
        **more,
    }


@pytest.fixture
async def trucking(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Trucking]:
    async with Cluster(broker, tmp_path, unique("trucks"), KAWKA_SERVICES="trucking") as cluster:
        yield Trucking(cluster)
