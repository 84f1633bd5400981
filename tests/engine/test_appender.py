"""Records appended one by one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from app import admin
from app.engine.appender import Appender
from app.settings import Settings
from app.topics import Topic

NARROW = Topic("appender-narrow", key="k", max_bytes=2000)
WIDE = Topic("appender-narrow", key="k", max_bytes=1_000_000)  # what we believe of it, wrongly


@pytest.fixture
async def appender(broker: str) -> AsyncIterator[Appender]:
    await admin.create(Settings(broker=broker), [NARROW])
    appender = Appender(lambda: AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True))
    yield appender
    await appender.stop()


async def append(appender: Appender, topic: Topic, size: int) -> None:
    await appender.append(topic, topic.name, b"k", b"x" * size, 0, [])


async def test_what_does_not_fit_its_topic_is_not_sent(appender: Appender) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await append(appender, NARROW, 1900)
    await append(appender, NARROW, 1700)


async def test_after_a_send_that_kafka_refused_the_next_goes_through(appender: Appender) -> None:
    await append(appender, WIDE, 10)
    for _ in range(3):
        with pytest.raises(KafkaError):
            await append(appender, WIDE, 100_000)
        await append(appender, WIDE, 10)


async def test_the_first_calls_may_come_at_the_same_time(appender: Appender) -> None:
    await asyncio.gather(*(append(appender, NARROW, 10) for _ in range(50)))
