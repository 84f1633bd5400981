"""Bringing commands to Kafka: all at once, before anybody is measured."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from app.engine.store import now_ms
from benchmarks.arena import PARTITIONS
from benchmarks.workload import Command

BATCH_BYTES = 900_000  # a topic of ours takes batches of up to 1 MiB
HIDDEN_S = 600


def partition(key: bytes, count: int = PARTITIONS) -> int:
    """Give the partition of a key among `count` (Java's default partitioner)."""
    return int((murmur2(key) & 0x7FFFFFFF) % count)


async def fill(broker: str, topic: str, commands: Iterable[Command], partitions: int = PARTITIONS) -> int:
    """Write commands in large batches, in order; how many there were."""
    async with _producer(broker) as producer:
        return await _write(producer, topic, commands, partitions)


@asynccontextmanager
async def hidden(
    broker: str, topic: str, commands: Iterable[Command], partitions: int = PARTITIONS
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Write commands in a transaction that stays open; what is given ends it, and all of them show in one moment.

    Until then those who read what is committed do not see them, nor what is written behind them.
    """
    name = f"hidden-{topic}"
    async with _producer(broker, transactional_id=name, transaction_timeout_ms=HIDDEN_S * 1000) as producer:
        await producer.begin_transaction()
        await _write(producer, topic, commands, partitions)
        yield producer.commit_transaction


@asynccontextmanager
async def _producer(broker: str, **more: Any) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, max_request_size=8 << 20, max_batch_size=BATCH_BYTES, **more
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _write(producer: AIOKafkaProducer, topic: str, commands: Iterable[Command], partitions: int) -> int:
    builders: dict[int, BatchBuilder] = {}
    count = 0
    for command in commands:
        where = partition(command.key, partitions)
        builder = builders.get(where) or builders.setdefault(where, producer.create_batch())
        timestamp = now_ms() if command.timestamp_ms is None else command.timestamp_ms
        if not _append(builder, command, timestamp):
            await producer.send_batch(builder, topic, partition=where)
            builder = builders[where] = producer.create_batch()
            _append(builder, command, timestamp)
        count += 1
    for where, builder in builders.items():
        await producer.send_batch(builder, topic, partition=where)
    await producer.flush()
    return count


def _append(builder: BatchBuilder, command: Command, timestamp: int) -> bool:
    return builder.append(timestamp=timestamp, key=command.key, value=command.value) is not None
