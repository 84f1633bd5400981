"""Running an agent's past again: from its source topics into empty state, what it writes is kept instead of sent.

What a task did follows from its sources and from how they met. Sources of one task are merged by timestamp, but the
slow one is not waited for for ever: where each transaction ended is told by the agent's merges topic, and within a
transaction the merge is the same again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from aiokafka import TopicPartition
from aiokafka.record.memory_records import MemoryRecords

from app.engine.batches import Batch
from app.engine.records import Record
from app.engine.state import State
from app.engine.task import Task, TaskBatch
from app.engine.transaction import Handler, Transaction

if TYPE_CHECKING:
    from app.engine.agent import Agent
    from app.engine.app import App

Position = dict[str, int]
Written = tuple[bytes | None, bytes | None, int, tuple[tuple[str, bytes], ...]]  # key, value, timestamp, headers


class Slice(NamedTuple):
    """What one transaction took: records in the order to handle them, and the position after them."""

    records: list[Any]
    position: Position


class Ledger:
    """A task's producer that keeps what it is given, by topic and partition, as Kafka would."""

    def __init__(self) -> None:
        self.written: dict[tuple[str, int], list[Written]] = {}

    def send(self, topic: str, partition: int, batch: Batch) -> asyncio.Future[int]:
        """Take in a batch; the future is its first offset."""
        log = self.written.setdefault((topic, partition), [])
        sent = asyncio.get_running_loop().create_future()
        sent.set_result(len(log))
        stored = MemoryRecords(bytes(batch.build(0, 0, 0)))
        while (batch_ := stored.next_batch()) is not None:
            log += [(record.key, record.value, record.timestamp, tuple(record.headers)) for record in batch_]
        return sent

    async def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Nothing: positions are given."""

    async def commit(self) -> None:
        """Nothing: all is kept."""


class Replay:
    """One task's past. `written` and `entries` say what came of it."""

    def __init__(self, app: App, agent: Agent, partition: int, directory: Path) -> None:
        results = app.topic_name(agent.results) if agent.results else None
        path = directory / f"{agent.name}-{partition}"
        prefix = app.settings.topic_prefix
        self.state = State(app.settings, path, agent.tables, agent.parked_table, results, prefix)
        self._agent = agent
        self._ledger = Ledger()
        # Exactly what a Transaction asks of its task.
        task = SimpleNamespace(
            app=app,
            agent=agent,
            partition=partition,
            state=self.state,
            waiting=(),
            timers_topic=app.topic_name(agent.timers_topic) if agent.timers_topic else None,
            topic_name=app.topic_name,
            passes=lambda _point: None,
        )
        self._task = cast(Task, task)

    async def run(self, slices: Iterable[Slice]) -> None:
        """Handle every slice in a transaction of its own."""
        await self._agent.run(self._batches(slices))

    @property
    def written(self) -> dict[tuple[str, int], list[Written]]:
        """Give what was written to each topic (its real name) and partition, changelogs included."""
        return self._ledger.written

    def entries(self, table: str) -> dict[bytes, bytes]:
        """Give the entries of a table."""
        return dict(self.state.scan(self.state.tables[table]))

    def close(self) -> None:
        """Let go of the directory."""
        self.state.close()

    async def _batches(self, slices: Iterable[Slice]) -> AsyncIterator[TaskBatch]:
        for one in slices:
            yield cast(TaskBatch, _Again(self, one))

    async def transact(self, one: Slice, handler: Handler) -> None:
        """Handle a slice as the task did."""
        tx = Transaction(self._task, cast(Any, self._ledger), one.position)
        await tx.run(one.records, handler)
        await tx.commit("")


class _Again(NamedTuple):
    replay: Replay
    slice: Slice

    @property
    def records(self) -> list[Any]:
        return self.slice.records

    async def transact(self, handler: Handler) -> None:
        await self.replay.transact(self.slice, handler)


def slices(sources: Mapping[str, list[Record]], ends: Iterable[Position]) -> Iterator[Slice]:
    """Cut what the sources hold as the transactions did that ended at `ends` (in order); the rest is the last slice."""
    taken = dict.fromkeys(sources, 0)
    for end in [*ends, dict[str, int]()]:
        cut: dict[str, list[Record]] = {}
        for topic, records in sources.items():
            start = stop = taken[topic]
            while stop < len(records) and (not end or records[stop].offset < end.get(topic, 0)):
                stop += 1
            cut[topic], taken[topic] = records[start:stop], stop
        merged = list(_merged(cut))
        if merged:
            yield Slice(merged, {topic: of[-1].offset + 1 for topic, of in cut.items() if of})


def _merged(cut: Mapping[str, list[Record]]) -> Iterator[Record]:
    """The earliest head again and again, of several the first topic's: as Inbox does."""
    heads = [records[::-1] for _, records in sorted(cut.items()) if records]
    while heads:
        earliest = min(heads, key=lambda records: records[-1].timestamp)
        yield earliest.pop()
        heads = [records for records in heads if records]
