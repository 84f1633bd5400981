"""A watcher is brought to where the hub is, from Kafka where the hub's memory is too short."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from faust.types import TP
from prometheus_client import CollectorRegistry

from app import admin, topics
from app.settings import Settings
from views.events import Events
from views.feeds import Feed, Watcher

DANGERS = topics.dangerous_driving_driver


class Heard:
    """Stands where a response would: takes what is written to it."""

    def __init__(self) -> None:
        self.data: list[Any] = []

    async def write(self, text: bytes) -> None:
        events = [event.split(b"\n") for event in text.split(b"\n\n") if event.startswith(b"event: dangerous")]
        self.data += [orjson.loads(lines[-1].removeprefix(b"data: ")) for lines in events]


@asynccontextmanager
async def ten_dangers(broker: str, prefix: str) -> AsyncIterator[tuple[Events, TP]]:
    """Give the feed of a topic that has the dangers 0 to 9, in one partition."""
    settings = Settings(broker=broker, topic_prefix=f"{prefix}-", partitions=1)
    await admin.create(settings, [DANGERS])
    tp = TP(settings.topic_prefix + DANGERS.name, 0)
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for number in range(10):
            await producer.send_and_wait(tp.topic, str(number).encode())
    metrics = SimpleNamespace(registry=CollectorRegistry())
    app: Any = SimpleNamespace(settings=settings, metrics=metrics, topic_name=lambda topic: f"{prefix}-{topic.name}")
    events = Events(app, "/feed", (Feed(DANGERS, "dangerous"),))
    try:
        yield events, tp
    finally:
        await events.hub.stop()


async def test_who_is_far_behind_is_told_up_to_where_the_hub_is_and_what_came_since_by_the_hub_alone(
    broker: str, unique: Any
) -> None:
    async with ten_dangers(broker, unique("hub")) as (events, tp):
        events.hub.position = {tp: 6}
        heard: Any = Heard()
        since = {tp: 2}
        await events.replay(heard, Watcher(None, lambda: None), since)
        assert heard.data == [2, 3, 4, 5]
        assert since == {tp: 6}


async def test_a_position_that_the_log_does_not_have_is_not_waited_for(broker: str, unique: Any) -> None:
    async with ten_dangers(broker, unique("hub")) as (events, tp):
        watcher = Watcher(None, lambda: None)
        await events.hub.enter(watcher)
        await events.hub.caught_up({tp: 1_000})
        assert events.hub.position == {tp: 10}
        assert events.hub.watch(watcher, {tp: 1_000})
