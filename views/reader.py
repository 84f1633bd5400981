"""Reading committed records from Kafka beside the agents: for feeds, and for the end of a topic."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.engine.app import App
from app.engine.ends import stable_ends
from app.topics import Topic
from views.problems import Problem, not_ready

DEEPEST: Final = 4000
"""Records of a partition that are looked at, at most, for those asked for."""


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


@contextmanager
def for_a_caller() -> Iterator[None]:
    """Tell a caller why the log could not be read. Raises Problem 503 or 504 for KafkaError or TimeoutError."""
    try:
        yield
    except TimeoutError as error:
        raise Problem("not-reached", "The log could not be read in time.") from error
    except (KafkaError, ConnectionError, asyncio.IncompleteReadError) as error:
        raise not_ready(f"The log cannot be read: {type(error).__name__}.") from error


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
            begins, ends = await reading.beginning_offsets(tps), await stable_ends(reading, tps)
            reading.assign(tps)  # later than that: Kafka answers nothing else while a fetch waits for more
            for tp in tps:
                reading.seek(tp, max(begins[tp], ends[tp] - depth))
            kept: dict[TopicPartition, deque[Any]] = {tp: deque(maxlen=limit) for tp in tps}
            while left := [tp for tp in tps if await reading.position(tp) < ends[tp]]:
                for tp, records in (await reading.getmany(*left, timeout_ms=200)).items():
                    kept[tp].extend(record for record in records if record.value and key in (None, record.key))
            found = [record for records in kept.values() for record in records]
        finally:
            await reading.stop()
    return sorted(found, key=lambda record: (record.timestamp, record.partition, record.offset))
