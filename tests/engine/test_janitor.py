"""Retention by arrival, on real Kafka."""

import asyncio
from collections.abc import Callable

import msgspec
from aiokafka import AIOKafkaProducer

from app import admin, topics
from app.engine.janitor import Janitor
from app.settings import Settings
from app.topics import Topic
from tests.oracle import read_topic
from tests.workers import eventually

OLD_MS = 1_522_846_456_703


async def test_what_came_before_the_retention_goes_and_what_is_only_dated_before_it_stays(
    broker: str, unique: Callable[[str], str]
) -> None:
    settings = Settings(broker=broker, topic_prefix=f"{unique('janitor')}-", retention_mark_s=0.2)
    short = Topic("short", key="k", retention_ms=10_000, by_arrival=True)
    long = msgspec.structs.replace(short, name="long", retention_ms=topics.DAY_MS)
    await admin.create(settings, [short, long, topics.retention_marks])

    async def values(topic: Topic) -> list[bytes]:
        return [record.value for record in await read_topic(broker, settings.topic_prefix + topic.name)]

    async def short_is_empty() -> bool:
        return await values(short) == []

    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for topic in (short, long):
            await producer.send_and_wait(settings.topic_prefix + topic.name, b"old", key=b"k", timestamp_ms=OLD_MS)
        janitor = asyncio.ensure_future(Janitor(settings, [short, long]).work())
        try:
            await eventually(short_is_empty, 60)
            await producer.send_and_wait(settings.topic_prefix + "short", b"new", key=b"k", timestamp_ms=OLD_MS)
            assert await values(short) == [b"new"]  # read within its retention: then it goes too
        finally:
            janitor.cancel()
    assert await values(long) == [b"old"]


def test_topics_that_hold_other_peoples_times_are_not_left_to_kafkas_retention() -> None:
    assert topics.truck_position.config()["retention.ms"] == "-1"
    assert topics.invoice_commands.config()["retention.ms"] == str(7 * topics.DAY_MS)
