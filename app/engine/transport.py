"""Fetching: Faust's consumer, but records go to tasks in whole batches, and only to tasks that asked for them.

Stock Faust hands each record through the conductor, a queue, an event and an ack (170-1,080 us a record). Here one
fetch of one partition is one object from the consumer's thread to the task.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

import app.engine.connections  # noqa: F401 - it changes aiokafka's
from app.engine.lease import Lease
from app.engine.records import light_records

if TYPE_CHECKING:
    from app.engine.app import App

FETCH_WAIT_MS = 50  # stock Faust's 1,500 ms make one hot partition among idle ones wait
FETCH_BYTES = 1 << 20  # of one partition at a time: what bounds the memory of a backlog
REVOKE_WAIT_S = 3.0
T = TypeVar("T")


class Fetch(NamedTuple):
    """Records of one partition: they follow `begin` without a gap, the next one would be at `end`."""

    tp: TP
    records: list[Any]
    begin: int
    end: int
    epoch: int


class Gate:
    """What lets a partition's records through: for the tasks in `users`, from the least of their positions on."""

    __slots__ = ("epoch", "next", "users")

    def __init__(self, epoch: int, offset: int) -> None:
        self.epoch = epoch
        self.next = offset
        self.users: set[str] = set()


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Owns the aiokafka consumer and its loop. Methods run on that loop unless they say otherwise."""

    app: "App"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gates: dict[TP, Gate] = {}
        self._opened = asyncio.Event()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        settings = self.app.settings
        self._assignor = self.app.assignor
        return aiokafka.AIOKafkaConsumer(
            **settings.kafka(),
            client_id=f"{settings.prefix}-consumer",
            group_id=self.app.conf.id,
            partition_assignment_strategy=[self._assignor],  # always Faust's: it keeps partition numbers together
            enable_auto_commit=False,
            auto_offset_reset="latest",  # never used: a partition stays paused until its task has said where to begin
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            rebalance_timeout_ms=int(settings.session_timeout_s * 1000),
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=60_000,
            retry_backoff_ms=20,
        )

    async def on_start(self) -> None:
        """Start the consumer, and listen to its heartbeats."""
        await super().on_start()
        _hear_heartbeats(self._ensure_consumer(), self.app.lease)
        light_records(self._ensure_consumer())

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Hold all gates shut, then tell the tasks; a worker that hangs cannot hold up the group."""
        self.gates.clear()
        try:
            await asyncio.wait_for(super().on_partitions_revoked(revoked), REVOKE_WAIT_S)
        except TimeoutError:
            self.log.warning(
                "The main loop did not let go of its partitions in %s s; going on without it", REVOKE_WAIT_S
            )

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Pause what was assigned: each task opens its own partitions when it is ready."""
        self.gates.clear()
        self._ensure_consumer().pause(*(TopicPartition(*tp) for tp in assigned))
        self.app.lease.joined(generation_id)
        try:
            await asyncio.wait_for(super().on_partitions_assigned(assigned, generation_id), REVOKE_WAIT_S)
        except TimeoutError:
            self.log.warning("The main loop did not take its new partitions in %s s; they follow later", REVOKE_WAIT_S)

    async def open(self, offsets: dict[TP, int], epoch: int, user: str) -> None:
        """Fetch these partitions from these offsets on. What was fetched for an earlier epoch is void for `user`."""
        consumer = self._ensure_consumer()
        for tp, offset in offsets.items():
            gate = self.gates.get(tp)
            if gate is None:
                gate = self.gates[tp] = Gate(epoch, offset)
                consumer.resume(TopicPartition(*tp))
            gate.users.add(user)
            gate.epoch = epoch
            gate.next = min(gate.next, offset)  # another agent on this topic may be behind, or ahead: it skips
            consumer.seek(TopicPartition(*tp), gate.next)  # aiokafka drops what it fetched ahead of another position
        self._opened.set()

    async def shut(self, tps: Iterable[TP], user: str) -> None:
        """Stop fetching these partitions for `user`."""
        consumer = self._ensure_consumer()
        for tp in tps:
            gate = self.gates.get(tp)
            if gate is not None:
                gate.users.discard(user)
                if not gate.users:
                    del self.gates[tp]
                    if tp in consumer.assignment():
                        consumer.pause(TopicPartition(*tp))

    async def fetch(self, full: set[TP], timeout: float) -> list[Fetch]:
        """Give what has arrived for the open gates that are not `full`; wait for it up to `timeout` s."""
        consumer = self._ensure_consumer()
        wanted = [tp for tp in self.gates if tp not in full]
        if not wanted:
            self._opened.clear()
            try:
                await asyncio.wait_for(self._opened.wait(), 0.01 if self.gates else timeout)
            except TimeoutError:
                return []
            wanted = [tp for tp in self.gates if tp not in full]
        fetcher = consumer._fetcher
        with fetcher._subscriptions.fetch_context():
            try:
                drained = await fetcher.fetched_records(wanted, timeout=timeout, max_records=None)
            except OffsetOutOfRangeError as error:
                self.app.tasks.out_of_range({TP(*tp) for tp in error.args[0]})
                return []
        # No other coroutine of this loop ran since the records were drained: the gates are those they came through.
        fetches = []
        for raw_tp, records in drained.items():
            tp = TP(*raw_tp)
            gate = self.gates.get(tp)
            if gate is None or not records:
                continue
            end = fetcher._subscriptions.subscription.assignment.state_value(raw_tp).position
            fetches.append(Fetch(tp, records, gate.next, end, gate.epoch))
            gate.next = end
        return fetches

    async def ends(self) -> dict[TP, int]:
        """Give the end of every partition that is being fetched, as of its latest fetch.

        It is the last stable offset, or where the last record ended if only transaction markers lie between.
        """
        consumer = self._ensure_consumer()
        ends = {tp: consumer.last_stable_offset(tp) for tp in self.gates}
        return {tp: end if self.behind(tp) else self.gates[tp].next for tp, end in ends.items() if end is not None}

    def behind(self, tp: TP) -> bool:
        """Whether the partition is known to hold records that are not fetched yet. Called from both loops."""
        state = self._ensure_consumer()._subscription.subscription.assignment.state_value(TopicPartition(*tp))
        if tp not in self.gates or state is None or state.lso is None or not state.has_valid_position:
            return False
        return bool(state.lso > state.position)  # the position passes markers, where the gate waits for records

    def ask(self, call: Callable[..., Awaitable[T]], *args: Any) -> "asyncio.Future[T]":
        """Run one of the methods above on this thread's loop. Called from the main loop."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(cast(Any, call(*args)), self.thread_loop)
        return asyncio.wrap_future(future)


class Consumer(driver.Consumer):
    """Faust's consumer, with tasks in the place of the conductor and its streams."""

    app: "App"
    _thread: ConsumerThread

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def thread(self) -> ConsumerThread:
        """The consumer's own thread."""
        return self._thread

    async def getmany(self, timeout: float) -> AsyncIterator[Any]:
        """Bring what was fetched to its tasks; Faust's own machinery is handed nothing."""
        if self.should_stop:
            return
        tasks = self.app.tasks
        for fetch in await self._thread.ask(self._thread.fetch, tasks.full, min(timeout, 0.2)):
            tasks.deliver(fetch)
        return
        yield  # an async generator, as Faust's Fetcher expects

    async def perform_seek(self) -> None:
        """Nothing: each task seeks its own partitions."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Nothing: each task's transaction commits its own positions."""
        return False

    async def verify_all_partitions_active(self) -> None:
        """Nothing: stock Faust looks for streams here that we do not use."""


class Transport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = Consumer


def _hear_heartbeats(consumer: aiokafka.AIOKafkaConsumer, lease: Lease) -> None:
    """Tell `lease` of each heartbeat that the group accepted, as of when it was sent. aiokafka has no hook for it."""
    coordinator = consumer._coordinator
    beat = coordinator._do_heartbeat

    async def heard() -> bool:
        sent = time.monotonic()
        accepted = bool(await beat())
        if accepted:
            lease.renewed(sent, coordinator.generation, rejoining=coordinator._rejoin_needed_fut.done())
        return accepted

    coordinator._do_heartbeat = heard
