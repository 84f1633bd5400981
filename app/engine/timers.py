"""Timers: how the wall clock enters the log, so that a replay repeats what it did.

A handler schedules (key, after_ms, payload) in its transaction, into a changelogged table; what the table holds follows
from the input alone. When it is due the owner appends a timer record to the agent's own timers topic; it takes effect
when the task reads it, if it still stands in the table. Set off twice, the second finds no entry and does nothing.

Due is the time of the record that scheduled it plus `after_ms`, but never sooner than `after_ms` from when it was
committed here: records of long ago wait as long as those of today. Only after a take-over is the first rule alone.

An agent may also ask to be told of silence (`idle`): then its own function says what timer record silence means.
"""

import asyncio
import heapq
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka.errors import KafkaError

from app import topics
from app.engine.store import now_ms
from app.engine.table import Table

if TYPE_CHECKING:
    from app.engine.state import State
    from app.engine.task import Task
    from app.engine.transaction import Transaction

log = logging.getLogger(__name__)
LONGEST_WAIT_S = 1.0
RETRY_S = 0.5
_ENTRY = "timer"


class Idle(NamedTuple):
    """After `seconds` without records: append a timer record with what `payload(state)` gives, nothing if None."""

    seconds: float
    payload: Callable[["State"], bytes | None]


def timers_table(agent: str) -> Table:
    """Make the table of an agent's timers: key -> time and delay (8 bytes each, ms), payload."""
    return Table(f"{agent}-timers", topics.changelog(f"{agent}-timers"), about="Timers that wait", internal=True)


def timer_entry(scheduled_ms: int, after_ms: int, payload: bytes) -> bytes:
    """Give the table's value for a timer. Stored: do not change."""
    return scheduled_ms.to_bytes(8, "big") + after_ms.to_bytes(8, "big") + payload


def take(tx: "Transaction", record: Any) -> bool:
    """Take a timer that was set off out of the table. False when it is not there (any more), or was set anew since."""
    entry = dict(record.headers).get(_ENTRY)
    if entry is None:
        return True  # of silence: there is nothing to take out
    if tx.get(tx.timers_table, record.key) != entry + record.value:
        return False
    tx.put(tx.timers_table, record.key, None)
    return True


class Clock:
    """Sets off the timers of one task, as long as it is ours."""

    def __init__(self, task: "Task", topic: topics.Topic, table: Table, idle: Idle | None) -> None:
        self._task = task
        self._topic = topic
        self._table = table
        self._idle = idle
        self._heap: list[tuple[int, bytes, bytes]] = []
        self._changed = asyncio.Event()
        self._busy_at = time.monotonic()

    def load(self) -> None:
        """Take over the timers that wait in the table."""
        entries = self._task.state.scan(self._table)
        self._heap = [(_due(entry), key, entry) for key, entry in entries]
        heapq.heapify(self._heap)
        self._busy_at = time.monotonic()

    def committed(self, scheduled: Mapping[bytes, bytes | None], *, silence: bool) -> None:
        """Note the timers of a committed transaction, and whether it was about nothing but silence."""
        now = now_ms()
        for key, entry in scheduled.items():
            if entry is not None:
                due = max(_due(entry), now + int.from_bytes(entry[8:16], "big"))
                heapq.heappush(self._heap, (due, key, entry))
        if not silence:
            self._busy_at = time.monotonic()
        self._changed.set()

    async def run(self) -> None:
        """Append what is due, until cancelled."""
        while True:
            wait_s = LONGEST_WAIT_S
            if self._task.serving:
                try:
                    wait_s = min(await self._fire(), await self._fire_idle())
                except KafkaError as error:
                    log.warning("%r: its timers wait for Kafka: %r", self._task, error)
                    wait_s = RETRY_S
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(wait_s, 0.001))
            except TimeoutError:
                continue

    async def _fire(self) -> float:
        heap = self._heap
        while heap:
            due, key, entry = heap[0]
            if due > now_ms():
                return min(LONGEST_WAIT_S, (due - now_ms()) / 1000)
            if self._task.state.raw(self._table, key) == entry:  # else taken back, or set anew
                await self._append(key, entry[16:], [(_ENTRY, entry[:16])])
            heapq.heappop(heap)
        return LONGEST_WAIT_S

    async def _fire_idle(self) -> float:
        if self._idle is None:
            return LONGEST_WAIT_S
        left = self._busy_at + self._idle.seconds - time.monotonic()
        if left > 0:
            return left
        payload = self._idle.payload(self._task.state)
        if payload is not None:
            await self._append(b"idle", payload, [])
        self._busy_at = time.monotonic()
        return self._idle.seconds

    async def _append(self, key: bytes, payload: bytes, headers: list[tuple[str, bytes]]) -> None:
        await self._task.app.append(self._topic, key, payload, self._task.partition, headers)


def _due(entry: bytes) -> int:
    return int.from_bytes(entry[:8], "big") + int.from_bytes(entry[8:16], "big")
