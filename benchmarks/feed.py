"""Bringing commands to Kafka: all at once, before anybody is measured."""

from collections.abc import Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from app.engine.store import now_ms
from benchmarks.arena import PARTITIONS
from benchmarks.workload import Command

BATCH_BYTES = 900_000  # a topic of ours takes batches of up to 1 MiB


def partition(key: bytes, count: int = PARTITIONS) -> int:
    """Give the partition of a key among `count` (Java's default partitioner)."""
    return int((murmur2(key) & 0x7FFFFFFF) % count)


async def fill(broker: str, topic: str, commands: Iterable[Command], partitions: int = PARTITIONS) -> int:
    """Write commands in large batches, in order; how many there were."""
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=True, max_request_size=8 << 20, max_batch_size=BATCH_BYTES
    )
    await producer.start()
    count = 0
    try:
        builders: dict[int, BatchBuilder] = {}
        for command in commands:
            where = partition(command.key, partitions)
            builder = builders.get(where) or builders.setdefault(where, producer.create_batch())
            timestamp = now_ms()
            if not _append(builder, command, timestamp):
                await producer.send_batch(builder, topic, partition=where)
                builder = builders[where] = producer.create_batch()
                _append(builder, command, timestamp)
            count += 1
        for where, builder in builders.items():
            await producer.send_batch(builder, topic, partition=where)
        await producer.flush()
    finally:
        await producer.stop()
    return count


def _append(builder: BatchBuilder, command: Command, timestamp: int) -> bool:
    return builder.append(timestamp=timestamp, key=command.key, value=command.value) is not None
