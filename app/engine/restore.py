"""Bringing a task's state up to the end of its topics, in bulk, on a thread of its own: the other tasks go on."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from app.engine import crash
from app.engine.identity import identify
from app.engine.records import light_records
from app.engine.state import State
from app.engine.store import STALE_MS, Checkpoint, now_ms
from app.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
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
    """A thread with its own loop and Kafka clients, for whatever is read from Kafka outside the group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="restorer", daemon=True)
        self._admin: AIOKafkaAdminClient | None = None
        self._turns = asyncio.Semaphore(2)  # bulk work side by side: more only takes turns on the same cores

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Close the clients and end the thread."""
        if self._thread.is_alive():
            await self.run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)

    def run(self, call: Coroutine[Any, Any, T]) -> "asyncio.Future[T]":
        """Run a coroutine on the restorer's loop. Called from the main loop."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))

    async def positions(self, group: str, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Give the committed offsets of a group without members; where there is none, where the topic begins."""
        admin = await self._admin_client()
        committed = await admin.list_consumer_group_offsets(group, partitions=tps)
        consumer = await self._consumer()
        try:
            beginnings = await consumer.beginning_offsets(tps)
            ends = await consumer.end_offsets(tps)
        finally:
            await consumer.stop()
        positions = {}
        for tp in tps:
            offset = committed[tp].offset if tp in committed else -1
            if 0 <= offset < beginnings[tp]:
                log.error("%s-%s: %s records were deleted unread", tp.topic, tp.partition, beginnings[tp] - offset)
            if offset > ends[tp]:
                log.error("%s-%s ends at %s, before our position %s: the topic was made anew", *tp, ends[tp], offset)
                offset = beginnings[tp]
            positions[tp] = max(offset, beginnings[tp])
        return positions

    async def restore(self, state: State, partition: int, progress: Progress) -> None:
        """Bring `state` to the last stable offset of every topic it is a fold of.

        A store of another cluster or topic, out of range, or older than the changelog's delete retention is wiped
        first: a key deleted meanwhile would live on. Any other is carried on from where it was.
        """
        admin = await self._admin_client()
        topics = list(state.folded_topics)
        identity = await identify(admin._client, topics)
        consumer = await self._consumer()
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

    async def read_at(self, topic: str, partition: int, offset: int) -> Any:
        """Give the one committed record at an offset, None if it is not there any more."""
        consumer = await self._consumer()
        try:
            tp = TopicPartition(topic, partition)
            consumer.assign([tp])
            consumer.seek(tp, offset)
            fetched = await consumer.getmany(tp, timeout_ms=5000, max_records=1)
            record = next(iter(fetched.get(tp, ())), None)
            return record if record is not None and record.offset == offset else None
        finally:
            await consumer.stop()

    async def read_all(self, topic: str, partition: int) -> list[Any]:
        """Give all committed records of a partition; for topics that are small by nature (parked, dead letters)."""
        consumer = await self._consumer()
        tp = TopicPartition(topic, partition)
        try:
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            await consumer.seek_to_beginning(tp)
            records: list[Any] = []
            while await consumer.position(tp) < end:
                records += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
            return records
        finally:
            await consumer.stop()

    async def newest(
        self, topic: str, before: Mapping[int, int], most: int, keep: Callable[[Any], T]
    ) -> dict[int, tuple[list[tuple[int, T]], bool]]:
        """Give the last committed records of partitions, the newest first, as (offset, what `keep` makes of each).

        `before`: partition -> offset below which to look; up to `most` of each partition, and if there may be more.
        """
        consumer = await self._consumer()
        found = {}
        try:
            tps = [TopicPartition(topic, partition) for partition in before]
            begins, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
            for tp in tps:
                consumer.assign([tp])  # one at a time: what is assigned is also fetched ahead
                upto = min(before[tp.partition], ends[tp])
                kept: list[tuple[int, T]] = []
                window = 2 * most  # a record that was written alone has a marker behind it
                while upto > begins[tp] and len(kept) < most:
                    start = max(begins[tp], upto - window)
                    records = await _between(consumer, tp, start, upto)
                    kept += [(record.offset, keep(record)) for record in reversed(records)]
                    upto, window = start, window * 2
                found[tp.partition] = (kept[:most], upto > begins[tp] or len(kept) > most)
            return found
        finally:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, state: State, ends: dict[TopicPartition, int], progress: Progress
    ) -> None:
        # A position passes transaction markers by itself, so each partition does reach its end.
        left = {tp for tp in ends if state.folded[tp.topic] < ends[tp]}
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=200, max_records=5000)
            for tp in tuple(left):
                records, position = fetched.get(tp, ()), await consumer.position(tp)
                if position > state.folded[tp.topic]:
                    progress.done += position - state.folded[tp.topic]
                    progress.bytes += sum(len(record.value or b"") for record in records)
                    state.restored(tp.topic, records, position)
                    crash.point(crash.RESTORING)
                if position >= ends[tp]:
                    left.discard(tp)

    async def _decided_from(self, consumer: AIOKafkaConsumer, tp: TopicPartition, end: int) -> int:
        settings = self._settings
        found = (await consumer.offsets_for_times({tp: now_ms() - settings.idempotency_s * 1000}))[tp]
        return max(end if found is None else found.offset, end - int(settings.idempotency_max * DECIDED_SLACK))

    async def _admin_client(self) -> AIOKafkaAdminClient:
        if self._admin is None:
            admin = AIOKafkaAdminClient(**self._settings.kafka(), client_id="kawka-restore-admin", retry_backoff_ms=20)
            await admin.start()
            self._admin = admin
        return self._admin

    async def _consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self._settings.kafka(),
            client_id="kawka-restore",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=50,
            retry_backoff_ms=20,
        )
        await consumer.start()
        light_records(consumer)
        return consumer

    async def _close(self) -> None:
        if self._admin is not None:
            await self._admin.close()


async def _between(consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, stop: int) -> list[Any]:
    """Give the committed records with start <= offset < stop of an assigned partition."""
    consumer.seek(tp, start)
    records: list[Any] = []
    while await consumer.position(tp) < stop:
        records += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
    return [record for record in records if record.offset < stop]


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
