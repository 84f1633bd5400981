"""Sends generated records to a topic at a rate."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator

from aiokafka import AIOKafkaProducer

from app.settings import Settings

SLICE_S = 0.02  # how evenly a rate is kept


async def feed(
    settings: Settings,
    topic: str,
    records: Iterator[tuple[bytes, bytes]],
    rate: float,
    sent: Callable[[int], None] = lambda _total: None,
) -> int:
    """Produce (key, value) pairs at `rate` a second until there are no more; their number.

    The producer is idempotent and its partitioner murmur2, as every writer's must be; KafkaError when Kafka is lost.
    """
    producer = AIOKafkaProducer(**settings.kafka(), enable_idempotence=True, linger_ms=5)
    await producer.start()
    total, began = 0, time.monotonic()
    try:
        while True:
            due = int((time.monotonic() - began) * rate) + 1 - total
            batch = list(itertools.islice(records, max(due, 0)))
            writes = [await producer.send(settings.topic_prefix + topic, value, key) for key, value in batch]
            await asyncio.gather(*writes)
            total += len(batch)
            sent(total)
            if len(batch) < due:
                return total
            await asyncio.sleep(SLICE_S)
    finally:
        await producer.stop()
