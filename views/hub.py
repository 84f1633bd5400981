"""What changes, as it is committed, for everybody who watches through this worker: read from Kafka once."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP
from prometheus_client import Gauge

from app.engine.app import App
from app.engine.pacing import Turn
from app.topics import Topic
from views.answers import token

log = logging.getLogger(__name__)
RING_BYTES: Final = 8 << 20
QUEUE_BYTES: Final = 4 << 20  # what may wait for a slow watcher
LINGER_S: Final = 10.0  # a page that is loaded again finds the hub still running
MOST_BEHIND: Final = 50_000  # records; further behind, old news is given up for new
SHARE: Final = 3  # the hub rests this many times as long as it worked, when it has much to do
CATCH_UP_S: Final = 2.0


class Feed(NamedTuple):
    """A topic to watch: the name of its events, and, where each is for one origin only, how to tell which."""

    topic: Topic
    event: str
    origin: Callable[[bytes], str | None] | None = None


class Change(NamedTuple):
    """One committed record; `origin` None: for everybody."""

    tp: TP
    offset: int
    event: str
    origin: str | None
    value: bytes

    def text(self, position: str) -> bytes:
        """Write it as a server-sent event that resumes behind itself."""
        data = self.value.replace(b"\r", b"").replace(b"\n", b"\ndata: ")
        return b"event: %b\nid: %b\ndata: %b\n\n" % (self.event.encode(), position.encode(), data)


class Watcher:
    """One who watches: what waits to be sent, bounded. `cut` is called when it is too slow, or the hub ends."""

    def __init__(self, origin: str | None, cut: Callable[[], None]) -> None:
        self.origin = origin
        self.cut = cut
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._arrived = asyncio.Event()

    def put(self, text: bytes) -> None:
        """Add an event to send."""
        self._waiting.append(text)
        self._bytes += len(text)
        self._arrived.set()
        if self._bytes > QUEUE_BYTES:
            self.cut()

    async def take(self, within_s: float) -> bytes:
        """Give what waits, joined; empty when nothing came within some seconds."""
        if not self._waiting:
            try:
                async with asyncio.timeout(within_s):
                    await self._arrived.wait()
            except TimeoutError:
                return b""
        joined = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._arrived.clear()
        return joined


class Hub:
    """Reads the feeds, committed records only, without a group, from the first watcher on until after the last.

    `position` is up to where it has read; the ring holds the changes before it, for those who come back.
    """

    def __init__(self, app: App, path: str, feeds: Iterable[Feed]) -> None:
        self._app = app
        self._feeds = {app.topic_name(feed.topic): feed for feed in feeds}
        self.tps = [TP(topic, p) for topic in self._feeds for p in range(app.settings.partitions)]
        self.position: dict[TP, int] = {}
        self._ring: deque[Change] = deque()
        self._ring_bytes = 0
        self._ring_from: dict[TP, int] = {}
        self._present: set[Watcher] = set()
        self._everybody: set[Watcher] = set()  # of those, whoever has had what was before
        self._by_origin: dict[str, set[Watcher]] = {}
        self._pump: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._starting = asyncio.Lock()
        self._moved = asyncio.Event()
        watchers = Gauge("kawka_feed_watchers", "Callers who watch", ("path",), registry=app.metrics.registry)
        watchers.labels(path).set_function(lambda: len(self._present))

    async def enter(self, watcher: Watcher) -> None:
        """Have the feeds read, if they are not yet, and go on with it until the watcher leaves. Errors: KafkaError."""
        self._present.add(watcher)
        async with self._starting:
            if self._idle is not None:
                self._idle.cancel()
                self._idle = None
            if self._pump is None or self._pump.done():
                consumer = await self.consumer()
                try:
                    consumer.assign([TopicPartition(*tp) for tp in self.tps])
                    ends = await consumer.end_offsets([TopicPartition(*tp) for tp in self.tps])
                    for tp, end in ends.items():
                        consumer.seek(tp, end)
                except BaseException:
                    await consumer.stop()
                    raise
                self._begin({tp: ends[TopicPartition(*tp)] for tp in self.tps})
                self._pump = asyncio.get_running_loop().create_task(self._run(consumer), name="hub")

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
        if any(offset < self._ring_from[tp] for tp, offset in since.items()):
            return False
        seen = {tp: min(offset, self.position[tp]) for tp, offset in since.items()}
        for change in self._ring:
            if change.offset >= seen[change.tp]:
                seen[change.tp] = change.offset + 1
                if change.origin is None or change.origin == watcher.origin:
                    watcher.put(change.text(token(seen)))
        self._everybody.add(watcher)
        if watcher.origin is not None:
            self._by_origin.setdefault(watcher.origin, set()).add(watcher)
        return True

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self._present.discard(watcher)
        self._everybody.discard(watcher)
        if watcher.origin is not None and watcher.origin in self._by_origin:
            self._by_origin[watcher.origin].discard(watcher)
            if not self._by_origin[watcher.origin]:
                del self._by_origin[watcher.origin]
        if not self._present and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(LINGER_S, self._rest)

    async def caught_up(self, since: dict[TP, int]) -> None:
        """Wait, not long, until the hub has read what another worker's hub had read when it named this position."""
        try:
            async with asyncio.timeout(CATCH_UP_S):
                while any(offset > self.position[tp] for tp, offset in since.items()):
                    await self._moved.wait()
        except TimeoutError:
            return  # a position that does not exist: of another cluster, perhaps

    def change(self, record: Any) -> Change | None:
        """Make of a record what it means to watchers; None for a deletion, or a result that nobody is named for."""
        feed = self._feeds[record.topic]
        if record.value is None:
            return None
        origin = None if feed.origin is None else feed.origin(record.value)
        if feed.origin is not None and origin is None:
            return None
        return Change(TP(record.topic, record.partition), record.offset, feed.event, origin, record.value)

    async def consumer(self) -> AIOKafkaConsumer:
        """Make a started consumer of committed records, without a group."""
        consumer = AIOKafkaConsumer(
            **self._app.settings.kafka(),
            client_id=f"{self._app.settings.prefix}-hub",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            retry_backoff_ms=20,
        )
        await consumer.start()
        return consumer

    def _begin(self, position: dict[TP, int]) -> None:
        self.position = position
        self._ring.clear()
        self._ring_bytes = 0
        self._ring_from = dict(position)

    async def _run(self, consumer: AIOKafkaConsumer) -> None:
        try:
            while True:
                fetched = await consumer.getmany(timeout_ms=500, max_records=2000)
                began = time.perf_counter()
                turn = Turn()
                for records in fetched.values():
                    for record in records:
                        self._take(record)
                        await turn.maybe_yield()
                for tp in fetched:
                    self.position[TP(*tp)] = await consumer.position(tp)  # past the markers of transactions
                moved, self._moved = self._moved, asyncio.Event()
                moved.set()
                worked = time.perf_counter() - began
                if worked > 0.005:
                    await asyncio.sleep(worked * SHARE)
                    await self._skip_if_far_behind(consumer)
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("The feed broke off; watchers come back and start it anew")
        finally:
            for watcher in tuple(self._everybody):
                watcher.cut()
            await consumer.stop()

    def _take(self, record: Any) -> None:
        tp = TP(record.topic, record.partition)
        self.position[tp] = record.offset + 1
        change = self.change(record)
        if change is None:
            return
        self._ring.append(change)
        self._ring_bytes += len(change.value)
        while self._ring_bytes > RING_BYTES:
            oldest = self._ring.popleft()
            self._ring_bytes -= len(oldest.value)
            self._ring_from[oldest.tp] = oldest.offset + 1
        watchers = self._everybody if change.origin is None else self._by_origin.get(change.origin)
        if watchers:
            text = change.text(token(self.position))
            for watcher in tuple(watchers):
                watcher.put(text)

    async def _skip_if_far_behind(self, consumer: AIOKafkaConsumer) -> None:
        """Give up what cannot be caught up with, and say so: a page reads anew what it shows."""
        ends = {tp: consumer.last_stable_offset(TopicPartition(*tp)) or 0 for tp in self.tps}
        behind = sum(max(0, ends[tp] - self.position[tp]) for tp in self.tps)
        if behind < MOST_BEHIND:
            return
        for tp in self.tps:
            consumer.seek(TopicPartition(*tp), max(ends[tp], self.position[tp]))
        self._begin({tp: max(ends[tp], self.position[tp]) for tp in self.tps})
        log.warning("The feed was %d records behind and goes on from the end", behind)
        text = b'event: gap\nid: %b\ndata: {"skipped":%d}\n\n' % (token(self.position).encode(), behind)
        for watcher in tuple(self._everybody):
            watcher.put(text)

    def _rest(self) -> None:
        self._idle = None
        if not self._present and self._pump is not None:
            self._pump.cancel()
