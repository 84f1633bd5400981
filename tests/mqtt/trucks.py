"""Messages of trucks, and what of them has come to Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

from app import codec, codec_trucks, topics
from app.domain.trucks import TruckPosition
from app.local.process import tail
from app.mqtt_url import MqttUrl
from app.simulate.publisher import Publisher
from tests.workers import Cluster, Worker, eventually


def position(number: int, truck: int = 101, **changes: Any) -> TruckPosition:
    """Make a good position; its correlation id is the number, so that it can be found again."""
    values = {
        "timestamp": int(time.time() * 1000),
        "truck_id": truck,
        "driver_id": 27,
        "route_id": 1927624662,
        "event_type": "Normal",
        "latitude": 37.31,
        "longitude": -94.31,
        "correlation_id": str(number),
    }
    return TruckPosition(**(values | changes))


def messages(numbers: Iterable[int]) -> list[tuple[str, bytes]]:
    """Make (topic, payload) of positions of ten trucks, every other one as CSV."""
    made = [position(number, 101 + number % 10) for number in numbers]
    return [
        (f"truck/{one.truck_id}/position", codec_trucks.to_csv(one) if at % 2 else codec.encode(one))
        for at, one in enumerate(made)
    ]


async def publish(url: str, sent: list[tuple[str, bytes]], cafile: Path | None = None) -> None:
    """Publish at QoS 1 and wait until the broker has acknowledged all."""

    def work() -> None:
        with Publisher(MqttUrl.parse(url), cafile, wait_s=30) as publisher:
            for topic, payload in sent:
                publisher.publish(topic, payload)
            assert publisher.flush(60)

    await asyncio.to_thread(work)


async def bridging(*workers: Worker) -> Worker:
    """Wait until one of the workers is the bridge; a session exists then, and nothing published is missed."""

    async def one() -> Worker | None:
        for worker in workers:
            if "kawka_mqtt_connected 1.0" in await metrics(worker):
                return worker
        return None

    found: Worker = await eventually(one, 60, "a bridge")
    return found


async def metrics(worker: Worker) -> str:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{worker.url}/metrics") as answer:
            return await answer.text()
    except aiohttp.ClientError:
        return ""


@asynccontextmanager
async def reader(cluster: Cluster, topic: topics.Topic) -> AsyncIterator[AIOKafkaConsumer]:
    """Read a topic of the cluster from its beginning."""
    consumer = AIOKafkaConsumer(bootstrap_servers=cluster.broker, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(cluster.topic(topic), partition) for partition in range(8)])
        yield consumer
    finally:
        await consumer.stop()


async def records(cluster: Cluster, topic: topics.Topic, least: int, within: float = 60) -> list[Any]:
    """Wait for so many records of a topic and give them."""
    found: list[Any] = []
    async with reader(cluster, topic) as consumer:

        async def enough() -> bool:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found.extend(batch)
            return len(found) >= least

        await eventually(enough, within, f"{least} records in {topic.name}")
    return found


async def count(cluster: Cluster, topic: topics.Topic) -> int:
    """Count the records that a topic has now."""
    async with reader(cluster, topic) as consumer:
        return sum((await consumer.end_offsets(consumer.assignment())).values())


async def arrived(cluster: Cluster, numbers: Iterable[int], within: float = 60) -> int:
    """Wait until positions with these numbers are in truck_position; how many records there are in all."""
    missing = {str(number) for number in numbers}
    total = 0
    async with reader(cluster, topics.truck_position) as consumer:

        async def all_there() -> bool:
            nonlocal total
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                total += len(batch)
                missing.difference_update(
                    codec_trucks.truck_positions.decode(one.value).correlation_id for one in batch
                )
            return not missing

        try:
            await eventually(all_there, within, "every message in truck_position")
        except AssertionError as error:
            logs = "\n".join(tail(worker.log, 30) for worker in cluster.workers)
            some = sorted(missing, key=int)[:5]
            raise AssertionError(f"{len(missing)} are missing, {some}...: {error}\n{logs}") from None
    return total


__all__ = ["arrived", "bridging", "count", "messages", "metrics", "position", "publish", "reader", "records"]
