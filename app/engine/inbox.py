"""What was fetched for a task and waits for it: bounded, and merged by timestamp where there are several sources."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from faust.types import TP

from app.engine.transport import Fetch

MERGE_WAIT_S = 0.1
MERGE_POLL_S = 0.005


class Batch(NamedTuple):
    """Records in the order to process them, and the position after them by source topic."""

    records: list[Any]
    position: dict[str, int]


class Source:
    """One source partition: what was fetched and the offset of the next record to hand out."""

    __slots__ = ("chunks", "count", "fetched_to", "next")

    def __init__(self) -> None:
        self.chunks: deque[tuple[list[Any], int]] = deque()
        self.count = 0
        self.next = 0  # after what was handed out
        self.fetched_to = 0  # after what lies here


class Inbox:
    """A task's fetched records. A fetch that does not continue what is here is refused: it would lose records."""

    def __init__(self, tps: set[TP], capacity: int, behind: Callable[[TP], bool] = lambda _: True) -> None:
        self._behind = behind
        self._capacity = capacity
        self._sources = {tp: Source() for tp in sorted(tps)}
        self._arrived = asyncio.Event()
        self._woken = False
        self.epoch = -1

    def reset(self, epoch: int, offsets: dict[TP, int]) -> None:
        """Forget what was fetched; from now on take only what was fetched for `epoch` or later, from these offsets."""
        self.epoch = epoch
        for tp, offset in offsets.items():
            source = self._sources[tp]
            source.chunks.clear()
            source.count, source.next, source.fetched_to = 0, offset, offset
        self._arrived.clear()

    def put(self, fetch: Fetch) -> bool:
        """Take in a fetch. False when records between what is here and this fetch are missing."""
        if fetch.epoch < self.epoch:
            return True  # fetched before the task was taken anew: void
        source = self._sources[fetch.tp]
        if fetch.end <= source.fetched_to:
            return True
        if fetch.begin > source.fetched_to:
            return False
        records = fetch.records
        if fetch.begin < source.fetched_to:  # another agent on this topic is behind us
            records = [record for record in records if record.offset >= source.fetched_to]
        source.fetched_to = fetch.end
        if records:
            source.chunks.append((records, fetch.end))
            source.count += len(records)
            self._arrived.set()
        return True

    def wake(self) -> None:
        """Let `take` come back at once, with what there is."""
        self._arrived.set()
        self._woken = True

    @property
    def full(self) -> bool:
        """Whether the largest source has as much as it should hold."""
        return any(source.count >= self._capacity for source in self._sources.values())

    def __len__(self) -> int:
        return sum(source.count for source in self._sources.values())

    async def take(self, most: int) -> Batch:
        """Wait for records, then give up to about `most` of them."""
        while True:
            await self._arrived.wait()
            if len(self._sources) > 1:
                await self._wait_for_the_slow()
            batch = self._take(most)
            if not any(source.chunks for source in self._sources.values()):
                self._arrived.clear()
            if batch.position or self._woken:
                self._woken = False
                return batch

    async def _wait_for_the_slow(self) -> None:
        """Wait, not for ever, for sources that have records in Kafka which are not here yet (KIP-695's rule)."""
        deadline = time.monotonic() + MERGE_WAIT_S
        while time.monotonic() < deadline and not self._woken:
            if not any(not source.chunks and self._behind(tp) for tp, source in self._sources.items()):
                return
            await asyncio.sleep(MERGE_POLL_S)

    def _take(self, most: int) -> Batch:
        if len(self._sources) == 1:
            ((tp, source),) = self._sources.items()
            records: list[Any] = []
            while source.chunks and len(records) < most:
                records += self._cut(source, most - len(records))
            return Batch(records, {tp.topic: source.next} if records else {})
        return self._merged(most)

    def _merged(self, most: int) -> Batch:
        """Take the earliest head again and again, until a source is used up: what follows in it may be earlier."""
        heads = [(tp, source) for tp, source in self._sources.items() if source.chunks]
        chunks = [source.chunks[0][0] for _, source in heads]
        taken = [0] * len(heads)
        records: list[Any] = []
        while heads and len(records) < most:
            at = min(range(len(heads)), key=lambda number: chunks[number][taken[number]].timestamp)
            records.append(chunks[at][taken[at]])
            taken[at] += 1
            if taken[at] == len(chunks[at]):
                break
        for (_, source), count in zip(heads, taken, strict=True):
            if count:
                self._cut(source, count)
        return Batch(records, {tp.topic: source.next for tp, source in heads})

    @staticmethod
    def _cut(source: Source, most: int) -> list[Any]:
        chunk, end = source.chunks[0]
        if len(chunk) <= most:
            source.chunks.popleft()
            source.next = end
            taken = chunk
        else:
            taken = chunk[:most]
            source.chunks[0] = (chunk[most:], end)
            source.next = taken[-1].offset + 1
        source.count -= len(taken)
        return taken
