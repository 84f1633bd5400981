"""Sends generated records to topics at a rate."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from app.settings import Settings
from app.topics import Topic

SLICE_S = 0.02  # how evenly a rate is kept


class Message(NamedTuple):
    """A record to be sent."""

    topic: Topic
    key: bytes
    value: bytes


async def feed(
    settings: Settings,
    rounds: Iterator[Sequence[Message]],
    rate: float,
    sent: Callable[[int], None] = lambda _total: None,
) -> int:
    """Produce `rate` rounds a second, all messages of one at once, until there are no more; the number of rounds.

    The producer is idempotent and its partitioner murmur2, as every writer's must be; KafkaError when Kafka is lost.
    """
    producer = AIOKafkaProducer(**settings.kafka(), enable_idempotence=True, linger_ms=5)
    await producer.start()
    total, began = 0, time.monotonic()
    try:
        while True:
            due = int((time.monotonic() - began) * rate) + 1 - total
            batch = list(itertools.islice(rounds, max(due, 0)))
            writes = [
                await producer.send(settings.topic_prefix + message.topic.name, message.value, message.key)
                for messages in batch
                for message in messages
            ]
            await asyncio.gather(*writes)
            total += len(batch)
            sent(total)
            if len(batch) < due:
                return total
            await asyncio.sleep(SLICE_S)
    finally:
        await producer.stop()
