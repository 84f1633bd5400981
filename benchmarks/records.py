"""Reading topics as a client that asks for committed records only sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.arena import PARTITIONS


@asynccontextmanager
async def consumer(broker: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer without a group that reads what is committed."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        **options,
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


def partitions(topic: str, count: int = PARTITIONS) -> list[TopicPartition]:
    """Give all partitions of a topic."""
    return [TopicPartition(topic, number) for number in range(count)]


async def everything(broker: str, topic: str, count: int = PARTITIONS) -> AsyncIterator[list[Any]]:
    """Give all committed records of a topic, some of one partition at a time, each partition in order."""
    async with consumer(broker) as reader:
        left = set(partitions(topic, count))
        reader.assign(list(left))
        ends = await reader.end_offsets(list(left))
        await reader.seek_to_beginning()
        while left:
            fetched = await reader.getmany(*left, timeout_ms=200)
            for records in fetched.values():
                yield records
            # A position passes transaction markers by itself, so each partition does reach its end.
            left = {tp for tp in left if await reader.position(tp) < ends[tp]}
