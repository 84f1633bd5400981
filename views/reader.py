"""Reading committed records from Kafka beside the agents: for feeds, and for the end of a topic."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.engine.app import App
from app.topics import Topic

DEEPEST: Final = 4000
"""Records of a partition that are looked at, at most, for those asked for."""
UNDECIDED_S: Final = 2.0
"""How long a reader waits for transactions that are open. One at work ends in a fraction of it."""


async def consumer(app: App, name: str) -> AIOKafkaConsumer:
    """Make a started consumer of committed records, without a group. Errors: KafkaError."""
    made = AIOKafkaConsumer(
        **app.settings.kafka(),
        client_id=f"{app.settings.prefix}-{name}",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        retry_backoff_ms=20,
    )
    await made.start()
    return made


async def latest(
    app: App,
    topic: Topic,
    partitions: Iterable[int],
    limit: int,
    deadline: float,
    key: bytes | None = None,
    depth: int = DEEPEST,
) -> list[Any]:
    """Give the last records of some partitions, of one key where one is named, by timestamp; `limit` a partition.

    No further back than `depth` offsets. Errors: KafkaError, TimeoutError at `deadline` (the loop's time).
    """
    found: list[Any] = []
    async with asyncio.timeout_at(deadline):
        reading = await consumer(app, "reader")
        try:
            tps = [TopicPartition(app.topic_name(topic), partition) for partition in partitions]
            reading.assign(tps)
            begins, ends = await reading.beginning_offsets(tps), await reading.end_offsets(tps)
            kept: dict[TopicPartition, deque[Any]] = {tp: deque(maxlen=limit) for tp in tps}
            async for tp, records in to_end(reading, {tp: max(begins[tp], ends[tp] - depth) for tp in tps}, ends):
                kept[tp].extend(record for record in records if record.value and key in (None, record.key))
            found = [record for records in kept.values() for record in records]
        finally:
            await reading.stop()
    return sorted(found, key=lambda record: (record.timestamp, record.partition, record.offset))


async def to_end(
    reading: AIOKafkaConsumer, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> AsyncIterator[tuple[TopicPartition, list[Any]]]:
    """Give the committed records from `starts` to where the partitions end now, whatever is open there.

    `ends` (the last stable offsets, shapes as AIOKafkaConsumer.end_offsets) are not enough for who reads what it was
    just told is committed: a coordinator answers a commit before its markers are in the partitions. So it reads to the
    high watermark of the first answer; where nothing comes for UNDECIDED_S, to `ends`.
    """
    for tp, start in starts.items():
        reading.seek(tp, start)
    loop = asyncio.get_running_loop()
    give_up = loop.time() + UNDECIDED_S
    marks: dict[TopicPartition, int] = {}
    left = list(starts)
    while left:
        for tp, records in (await reading.getmany(*left, timeout_ms=20)).items():
            yield tp, records
            give_up = loop.time() + UNDECIDED_S
        marks = {tp: mark for tp in left if (mark := marks.get(tp) or reading.highwater(tp)) is not None}
        stops = marks if loop.time() < give_up else ends
        left = [tp for tp in left if tp not in stops or await reading.position(tp) < stops[tp]]
