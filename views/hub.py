"""What changes, as it is committed, for everybody who watches through this worker: read from Kafka once."""

import asyncio
import logging
import time
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP
from prometheus_client import CollectorRegistry, Gauge

from app.engine.app import App
from app.engine.pacing import Turn
from views.answers import array, token
from views.audience import Audience
from views.feeds import Change, Feed, Watcher, change, event_text, last_of_each, tell
from views.reader import consumer
from views.ring import Ring

log = logging.getLogger(__name__)
LINGER_S: Final = 10.0  # a page that is loaded again finds the hub still running
MOST_BEHIND: Final = 50_000  # records; further behind, old news is given up for new
SHARE: Final = 3  # the hub rests this many times as long as it worked, when it has much to do
CATCH_UP_S: Final = 2.0
TOGETHER_S: Final = 0.25  # the latest of each key is told this often


@cache
def _watchers(registry: CollectorRegistry) -> Gauge:
    return Gauge("kawka_feed_watchers", "Callers who watch", ("path",), registry=registry)


class Hub:
    """Reads the feeds, committed records only, without a group, from the first watcher on until after the last.

    `position` is up to where it has told what it read; the ring holds the changes before it, for those who come back.
    """

    def __init__(self, app: App, path: str, feeds: Iterable[Feed]) -> None:
        self._app = app
        self._feeds = {app.topic_name(feed.topic): feed for feed in feeds}
        self.tps = [TP(topic, p) for topic in self._feeds for p in range(app.settings.partitions)]
        self.position: dict[TP, int] = {}
        self._read: dict[TP, int] = {}  # ahead of `position` by what is held until it is told together
        self._held: list[Change] = []
        self._telling: asyncio.TimerHandle | None = None
        self._ring = Ring()
        self._audience = Audience()
        self._pump: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._starting = asyncio.Lock()
        self._moved = asyncio.Event()
        watchers = _watchers(app.metrics.registry)
        watchers.labels(path).set_function(lambda: len(self._audience.here))

    async def enter(self, watcher: Watcher) -> None:
        """Have the feeds read, if they are not yet, and go on with it until the watcher leaves. Errors: KafkaError."""
        self._audience.here.add(watcher)
        async with self._starting:
            if self._idle is not None:
                self._idle.cancel()
                self._idle = None
            if self._pump is None or self._pump.done():
                reading = await self.consumer()
                try:
                    ends = await reading.end_offsets([TopicPartition(*tp) for tp in self.tps])
                    reading.assign(list(ends))
                    for tp, end in ends.items():
                        reading.seek(tp, end)
                except BaseException:
                    await reading.stop()
                    raise
                self._begin({tp: ends[TopicPartition(*tp)] for tp in self.tps})
                self._pump = asyncio.get_running_loop().create_task(self._run(reading), name="hub")

    async def stop(self) -> None:
        """End, and cut everybody off."""
        if self._idle is not None:
            self._idle.cancel()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])

    def watch(self, watcher: Watcher, since: dict[TP, int]) -> bool:
        """Add a watcher that has seen everything before `since`. False: the ring does not reach back that far.

        Raises ConnectionError when the feed broke off meanwhile.
        """
        if self._pump is None or self._pump.done():
            raise ConnectionResetError("the feed broke off")
        if not self._ring.reaches(since):
            return False
        seen = {tp: min(offset, self.position[tp]) for tp, offset in since.items()}
        if text := tell(filter(watcher.hears, self._ring.between(seen, self.position)), seen):
            watcher.put(text)
        self._audience.join(watcher)
        return True

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self._audience.leave(watcher)
        if not self._audience.here and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(LINGER_S, self._rest)

    async def caught_up(self, since: dict[TP, int]) -> None:
        """Wait until the hub has read what another worker's hub had read when it named this position.

        Not for what the log does not have: a position of another cluster, perhaps.
        """
        while self._pump is not None and not self._pump.done():
            try:
                async with asyncio.timeout(CATCH_UP_S):
                    while any(offset > self.position[tp] for tp, offset in since.items()):
                        await self._moved.wait()
                return
            except TimeoutError:
                if not await self._has(since):
                    return

    def change(self, record: Any) -> Change | None:
        """Make of a record what it means to watchers, if anything."""
        return change(self._feeds[record.topic], record)

    async def consumer(self) -> AIOKafkaConsumer:
        """Make a started consumer of committed records, without a group."""
        return await consumer(self._app, "hub")

    async def _has(self, position: dict[TP, int]) -> bool:
        """Whether the log reaches this far, in all of these partitions."""
        asking = await self.consumer()
        try:
            ends = await asking.end_offsets([TopicPartition(*tp) for tp in position])
        finally:
            await asking.stop()
        return all(offset <= ends[TopicPartition(*tp)] for tp, offset in position.items())

    def _begin(self, position: dict[TP, int]) -> None:
        self.position = position
        self._read = dict(position)
        self._held.clear()
        self._ring.begin(position)

    async def _run(self, reading: AIOKafkaConsumer) -> None:
        try:
            while True:
                fetched = await reading.getmany(timeout_ms=500, max_records=2000)
                began = time.perf_counter()
                turn = Turn()
                for records in fetched.values():
                    for record in records:
                        self._take(record)
                        await turn.maybe_yield()
                for tp in fetched:
                    self._advance(TP(*tp), await reading.position(tp))  # past the markers of transactions
                moved, self._moved = self._moved, asyncio.Event()
                moved.set()
                worked = time.perf_counter() - began
                if worked > 0.005:
                    await asyncio.sleep(worked * SHARE)
                    await self._skip_if_far_behind(reading)
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("The feed broke off; watchers come back and start it anew")
        finally:
            if self._telling is not None:
                self._telling.cancel()
                self._telling = None
            self._audience.cut()
            await reading.stop()

    def _take(self, record: Any) -> None:
        tp = TP(record.topic, record.partition)
        self._advance(tp, record.offset + 1)
        taken = self.change(record)
        if taken is None:
            return
        self._ring.add(taken)
        if taken.key is not None:
            self._held.append(taken)
            return
        if watchers := self._audience.concerned(taken):
            text = taken.text(token(self.position))
            for watcher in tuple(watchers):
                watcher.put(text)

    def _advance(self, tp: TP, offset: int) -> None:
        self._read[tp] = offset
        if not self._feeds[tp.topic].latest:
            self.position[tp] = offset
        elif self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TOGETHER_S, self._tell_together)

    def _tell_together(self) -> None:
        """Tell the latest of each key that is held; only now is its position one to resume from."""
        self._telling = None
        _, together = last_of_each(self._held)
        self._held.clear()
        self.position.update(self._read)
        for event, values in together.items():
            self._audience.tell(event_text(event, token(self.position), array(values)))
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _skip_if_far_behind(self, reading: AIOKafkaConsumer) -> None:
        """Give up what cannot be caught up with, and say so: a page reads anew what it shows."""
        ends = {tp: reading.last_stable_offset(TopicPartition(*tp)) or 0 for tp in self.tps}
        behind = sum(max(0, ends[tp] - self._read[tp]) for tp in self.tps)
        if behind < MOST_BEHIND:
            return
        for tp in self.tps:
            reading.seek(TopicPartition(*tp), max(ends[tp], self._read[tp]))
        self._begin({tp: max(ends[tp], self._read[tp]) for tp in self.tps})
        log.warning("The feed was %d records behind and goes on from the end", behind)
        self._audience.tell(b'event: gap\nid: %b\ndata: {"skipped":%d}\n\n' % (token(self.position).encode(), behind))

    def _rest(self) -> None:
        self._idle = None
        if not self._audience.here and self._pump is not None:
            self._pump.cancel()
