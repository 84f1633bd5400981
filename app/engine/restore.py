"""Bringing a task's state up to the end of its topics, in bulk."""

import asyncio
import logging
import time
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

    async def restore(self, state: State, partition: int, progress: Progress) -> None:
        """Bring `state` to the last stable offset of every topic it is a fold of.

        A store of another cluster or topic, out of range, or older than the changelog's delete retention is wiped
        first: a key deleted meanwhile would live on. Any other is carried on from where it was.
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
            _resume_or_wipe(state, identity, {t: begins[tps[t]] for t in topics}, {t: ends[tps[t]] for t in topics})
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
    state: State, identity: tuple[str, dict[str, str]], begins: dict[str, int], ends: dict[str, int]
) -> None:
    if not state.folded:
        checkpoint = state.store.checkpoint()
        reason = None
        if checkpoint is not None:
            reason = _unusable(checkpoint, identity, begins, ends)
            state.folded.update(checkpoint.folded)
    else:
        reason = _unusable(Checkpoint(*state.identity, state.folded, {}, now_ms()), identity, begins, ends)
    if reason is not None:
        log.warning("%s: %s; restoring from the start", state.store.path, reason)
        state.wipe()
    state.identity = identity


def _unusable(
    checkpoint: Checkpoint, identity: tuple[str, dict[str, str]], begins: dict[str, int], ends: dict[str, int]
) -> str | None:
    cluster, topics = identity
    if checkpoint.cluster != cluster:
        return "its data is of another cluster"
    for topic, offset in checkpoint.folded.items():
        if checkpoint.topics.get(topic) != topics.get(topic):
            return f"topic {topic} was made anew"
        if not begins.get(topic, 0) <= offset <= ends.get(topic, 0):
            return f"its position in topic {topic} is out of range"
    if now_ms() - checkpoint.at_ms > STALE_MS:
        return "it is older than the changelog's deletes are kept"
    return None
