"""Reading topics from their beginning to where they end now, as a client that sees committed records only."""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.engine.ends import stable_ends
from app.settings import Settings
from app.topics import Topic

FETCH_BYTES = 4 << 20


async def read(settings: Settings, *topics: Topic) -> AsyncIterator[tuple[Topic, list[Any]]]:
    """Give all records of each topic, one topic after the other, some of one partition at a time, in its order."""
    consumer = AIOKafkaConsumer(
        **settings.kafka(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    try:
        for topic in topics:
            left = {TopicPartition(settings.topic_prefix + topic.name, n) for n in range(settings.partitions)}
            ends = await stable_ends(consumer, left)
            consumer.assign(list(left))
            await consumer.seek_to_beginning(*left)
            while left:
                for records in (await consumer.getmany(*left, timeout_ms=200)).values():
                    yield topic, records
                # A position passes transaction markers by itself, so each partition does reach its end.
                left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
    finally:
        await consumer.stop()
