"""Bringing a task's state up to the end of its topics, in bulk."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.engine import crash
from app.engine.identity import identify
from app.engine.sideline import Sideline
from app.engine.state import State
from app.engine.store import STALE_MS, Checkpoint, now_ms
from app.settings import Settings

log = logging.getLogger(__name__)
BULK = 5000  # records
DECIDED_SLACK = 1.2  # the results topic holds transaction markers too: read a little more than the ids kept


class Progress:
    """How far a restore is: records, bytes, seconds; `total` counts offsets, markers included."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self.bytes = 0
        self.started = time.monotonic()

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the rate so far, None before there is one."""
        passed = time.monotonic() - self.started
        return None if not self.done else max(0.0, (self.total - self.done) * passed / self.done)


class Restorer:
    """Restores states, on the sideline's loop."""

    def __init__(self, settings: Settings, side: Sideline) -> None:
        self._settings = settings
        self._side = side
        self._turns = asyncio.Semaphore(2)  # bulk work side by side: more only takes turns on the same cores

    async def restore(self, state: State, partition: int, position: Mapping[str, int], progress: Progress) -> None:
        """Bring `state` to the last stable offset of every topic it is a fold of.

        A store of another cluster or topic, out of range, or older than the changelog's delete retention is wiped
        first: a key deleted meanwhile would live on. So is one ahead of the task's `position` (source -> offset): Kafka
        does not know of what it took in last. Any other is carried on from where it was.
        """
        admin = await self._side.admin()
        topics = list(state.folded_topics)
        identity = await identify(admin._client, topics)
        consumer = await self._side.consumer()
        try:
            tps = {topic: TopicPartition(topic, partition) for topic in topics}
            consumer.assign(list(tps.values()))
            consumer.pause(*tps.values())  # nothing is fetched ahead of our turn
            begins = await consumer.beginning_offsets(list(tps.values()))
            ends = await consumer.end_offsets(list(tps.values()))
            ranges = {topic: (begins[tp], ends[tp]) for topic, tp in tps.items()}
            _resume_or_wipe(state, identity, ranges, position)
            for topic, tp in tps.items():
                start = max(state.folded.get(topic, 0), begins[tp])
                if topic == state.results and not state.folded.get(topic):
                    start = max(start, await self._decided_from(consumer, tp, ends[tp]))
                state.folded[topic] = start
                progress.total += ends[tp] - start
                consumer.seek(tp, start)
            # A task that has nearly everything must not wait for those that bring back all of theirs.
            async with self._turns if progress.total > BULK else nullcontext():
                consumer.resume(*tps.values())
                await self._read(consumer, state, {tp: ends[tp] for tp in tps.values()}, progress)
        finally:
            await consumer.stop()
        state.load_parked()

    async def _read(
        self, consumer: AIOKafkaConsumer, state: State, ends: dict[TopicPartition, int], progress: Progress
    ) -> None:
        # A position passes transaction markers by itself, so each partition does reach its end.
        left = {tp for tp in ends if state.folded[tp.topic] < ends[tp]}
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=200)
            for tp in tuple(left):
                records, position = fetched.get(tp, ()), await consumer.position(tp)
                if position > state.folded[tp.topic]:
                    progress.done += position - state.folded[tp.topic]
                    progress.bytes += sum([len(record.value or b"") for record in records])
                    state.restored(tp.topic, records, position)
                    crash.point(crash.RESTORING)
                if position >= ends[tp]:
                    left.discard(tp)

    async def _decided_from(self, consumer: AIOKafkaConsumer, tp: TopicPartition, end: int) -> int:
        settings = self._settings
        found = (await consumer.offsets_for_times({tp: now_ms() - settings.idempotency_s * 1000}))[tp]
        return max(end if found is None else found.offset, end - int(settings.idempotency_max * DECIDED_SLACK))


def _resume_or_wipe(
    state: State,
    identity: tuple[str, dict[str, str]],
    ranges: Mapping[str, tuple[int, int]],
    position: Mapping[str, int],
) -> None:
    if state.folded:
        checkpoint: Checkpoint | None = Checkpoint(*state.identity, state.folded, state.position, now_ms())
    else:
        checkpoint = state.store.checkpoint()
    if checkpoint is not None:
        reason = _unusable(checkpoint, identity, ranges, position)
        state.folded.update(checkpoint.folded)
        if reason is not None:
            log.warning("%s: %s; restoring from the start", state.store.path, reason)
            state.wipe()
    state.identity = identity


def _unusable(
    checkpoint: Checkpoint,
    identity: tuple[str, dict[str, str]],
    ranges: Mapping[str, tuple[int, int]],
    position: Mapping[str, int],
) -> str | None:
    cluster, topics = identity
    if checkpoint.cluster != cluster:
        return "its data is of another cluster"
    for topic, offset in checkpoint.folded.items():
        if checkpoint.topics.get(topic) != topics.get(topic):
            return f"topic {topic} was made anew"
        begin, end = ranges.get(topic, (0, 0))
        if not begin <= offset <= end:
            return f"its position in topic {topic} is out of range"
    for topic, offset in checkpoint.source.items():
        if offset > position.get(topic, offset):
            return f"it has taken in more of {topic} than Kafka knows to be processed"
    if now_ms() - checkpoint.at_ms > STALE_MS:
        return "it is older than the changelog's deletes are kept"
    return None
