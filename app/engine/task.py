"""A task: one agent on one partition number. The unit of ownership, transaction, restore and failure.

created -> restoring -> ready -> (doubt) -> restoring ...; fenced or revoked -> lost. Any doubt has one way out: drop
what is not committed and take the task anew.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced
from faust.types import TP

from app.engine import crash, deadletters
from app.engine.answers import NotOwnerError, Waiting
from app.engine.inbox import Batch, Inbox
from app.engine.producers import TaskProducer
from app.engine.restore import Progress
from app.engine.submissions import Submissions
from app.engine.transaction import DoubtError, Handler, Transaction
from app.engine.transport import Fetch
from app.engine.watchers import Watchers
from app.topics import Topic

if TYPE_CHECKING:
    from app.engine.agent import Agent
    from app.engine.app import App

log = logging.getLogger(__name__)
RETRY_S = (0.1, 0.5, 1.0, 2.0, 5.0)


class TaskBatch:
    """What an agent's stream yields: the next records of one task."""

    def __init__(self, task: "Task", batch: Batch, epoch: int) -> None:
        self._task = task
        self._batch = batch
        self._epoch = epoch

    @property
    def records(self) -> list[Any]:
        """The records, in the order to process them."""
        return self._batch.records

    async def transact(self, handler: Handler) -> None:
        """Run `handler(record, tx)` for each record and commit all of it in one Kafka transaction, or none."""
        await self._task.transact(self._batch, self._epoch, handler)


class Task:
    """Takes its partition, feeds its agent, commits, answers who waits, and lets go."""

    def __init__(self, app: "App", agent: "Agent", partition: int) -> None:
        self.app = app
        self.agent = agent
        self.partition = partition
        self.tps = {TP(topic, partition) for topic in agent.source_names}
        self.state = app.states.claim(agent, partition)
        self.phase = "created"
        self.role = "active"  # a standby will be a task that only restores
        self.progress = Progress()
        self.waiting = Waiting()
        self.submissions = Submissions(self)
        self.watchers = Watchers()
        self.position: dict[TP, int] = {}
        self.timers_topic = app.topic_name(agent.timers_topic) if agent.timers_topic else None
        self.clock = agent.clock(self)
        self._clock_task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._inbox = Inbox(self.tps, app.settings.batch_max_records, app.consumer.thread.behind)
        self._epoch = 0
        self._doubt: str | None = None
        self._producer: TaskProducer | None = None
        self._turn = asyncio.Lock()
        self._closing = False
        self._committed_at = 0.0
        self._main: asyncio.Task[None] | None = None
        self._handler: Handler | None = None

    def __repr__(self) -> str:
        return f"{self.agent.name}[{self.partition}]"

    # --- life

    def start(self) -> None:
        """Begin taking the task, in the background."""
        self._main = asyncio.get_running_loop().create_task(self._live(), name=repr(self))

    @property
    def ready(self) -> bool:
        """Whether state and position are those of Kafka."""
        return self.phase == "ready"

    @property
    def serving(self) -> bool:
        """Whether an answer from here is honest: ready, and the group still counts us as the owner."""
        return self.phase == "ready" and self.app.lease.alive

    @property
    def health(self) -> str:
        """The phase in one word for people: restoring, ready or lost (also while the group may think we are gone)."""
        if self.phase == "ready":
            return "ready" if self.app.lease.alive else "lost"
        return "lost" if self.phase == "lost" else "restoring"

    def lag(self, ends: Mapping[TP, int]) -> int | None:
        """How many records of the sources are not processed, given their last stable offsets; None when unknown."""
        if self.phase != "ready" or not self.tps <= ends.keys():
            return None
        return sum(max(0, ends[tp] - self.position[tp]) for tp in self.tps)

    def doubt(self, why: str) -> None:
        """Have the task taken anew before its next batch."""
        log.warning("%r: %s; taking it anew", self, why)
        self._doubt = why
        self._inbox.reset(self._epoch + 1, {})
        self._inbox.wake()

    async def close(self, within: float) -> None:
        """Finish or abort the transaction in flight within some seconds, then let go; callers ask the next owner."""
        self._closing = True
        ours = True
        try:
            await asyncio.wait_for(self._turn.acquire(), within)
        except TimeoutError:
            ours = False
            log.warning("%r: its batch did not end in %s s; it is aborted", self, within)
        self.phase = "lost"
        if self._clock_task is not None:
            self._clock_task.cancel()
        if self._main is not None and self._main is not asyncio.current_task():
            self._main.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await asyncio.wait_for(self._main, within)
        self.waiting.lost()
        self.watchers.lost()
        self._stir()
        await self._drop_producer(abort=True)
        if ours:
            self._turn.release()  # who waits for a turn finds the task lost
        self.app.states.release(self.agent, self.partition)

    async def _live(self) -> None:
        failures = 0
        while not self._closing:
            try:
                await self._take()
                failures = 0
                await self.agent.run(self._batches())
                return
            except (ProducerFenced, InvalidProducerEpoch):
                self.phase = "lost"
                self.waiting.lost()
                self.watchers.lost()
                log.warning("%r: fenced; waiting for the group to say who owns it", self)
                await self.app.lease.settled_since(time.monotonic())
            except DoubtError as error:
                log.warning("%r: %s", self, error)
            except Exception as error:
                expected = isinstance(error, KafkaError)  # a broker that is away is no bug of ours
                log.log(
                    logging.WARNING if expected else logging.ERROR,
                    "%r: %r; taking it anew",
                    self,
                    error,
                    exc_info=not expected,
                )
                self.phase = "restoring"
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1

    async def _take(self) -> None:
        """End what hangs, fence the last owner, learn the position, restore, then fetch: the order makes it exact."""
        self.phase = "restoring"
        self._doubt = None
        self.waiting.lost()
        self.watchers.lost()
        await self.app.consumer.thread.ask(self.app.consumer.thread.shut, self.tps, repr(self))
        await self._drop_producer()
        if not self.app.lease.alive:
            await self.app.lease.settled_since(time.monotonic())
        self.progress = Progress()
        app, name = self.app, f"{self.app.settings.prefix}.{self.agent.name}.{self.partition}"
        epoch = await app.sideline.run(app.hanging.end(name, self.agent.written_names))
        producer = await app.producers.make(name)
        self._producer = producer
        await producer.start()
        if epoch is not None and producer.epoch not in (None, epoch):
            raise DoubtError("somebody ended a transaction of ours while we looked for one that hangs")
        self.state.ends = {}
        sources = [TopicPartition(tp.topic, tp.partition) for tp in self.tps]
        offsets = await app.sideline.run(app.lookup.positions(self.agent.offset_group, sources))
        named = {tp.topic: offset for tp, offset in offsets.items()}
        await app.sideline.run(app.restorer.restore(self.state, self.partition, named, self.progress))
        self.position = {TP(*tp): offset for tp, offset in offsets.items()}
        self.state.position = named
        self._epoch = self.app.next_epoch()
        self._inbox.reset(self._epoch, self.position)
        self.app.tasks.crowded(self.tps, self, self._inbox.full)
        self.phase = "ready"
        self._stir()
        await self.app.consumer.thread.ask(self.app.consumer.thread.open, self.position, self._epoch, repr(self))
        if self.clock is not None:
            self.clock.load()
            if self._clock_task is None:
                self._clock_task = asyncio.get_running_loop().create_task(self.clock.run(), name=f"clock of {self!r}")
        log.info("%r: ready after %d records", self, self.progress.done)

    async def _drop_producer(self, *, abort: bool = False) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        with suppress(Exception):
            if abort and producer.in_transaction:
                await asyncio.wait_for(producer.abort(), 0.5)
        with suppress(Exception):
            await asyncio.wait_for(producer.stop(), 1.0)

    # --- records

    def deliver(self, fetch: Fetch) -> None:
        """Take in what was fetched; say so when it is enough for now."""
        if not self._inbox.put(fetch):
            self.doubt(f"records before offset {fetch.begin} of {fetch.tp.topic} are missing")
        self.app.tasks.crowded(self.tps, self, self._inbox.full)

    async def _batches(self) -> AsyncIterator[TaskBatch]:
        while True:
            batch = await self._inbox.take(self.app.settings.batch_max_records)
            if self._doubt is not None:
                raise DoubtError(self._doubt)
            self.app.tasks.crowded(self.tps, self, self._inbox.full)
            pause = self._committed_at + self.app.pace.gap_s() - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            yield TaskBatch(self, batch, self._epoch)

    async def transact(self, batch: Batch, epoch: int, handler: Handler) -> None:
        """Process and commit a batch; see TaskBatch.transact."""
        if self._handler is None:
            self._handler = handler
            self._stir()
        if not batch.position:
            return  # an empty batch is made only to learn the handler
        async with self._turn:
            if epoch != self._epoch or self._doubt is not None or self._producer is None:
                raise DoubtError("a batch from before the task was taken anew")
            self._producer.begin()
            tx = Transaction(self, self._producer, batch.position)
            await tx.run(batch.records, handler)
            await self._commit(tx)

    async def _commit(self, tx: Transaction) -> None:
        began = time.monotonic()
        await tx.commit(self.agent.offset_group)
        for tp in self.tps:
            self.position[tp] = self.state.position[tp.topic]
        if self.clock is not None:
            self.clock.committed(tx.timers, silence=tx.silence)
        self._committed_at = time.monotonic()
        self.app.pace.committed(self._committed_at - began)
        for key, command_id, answer in tx.answers:
            self.waiting.resolve(key, command_id, answer)
        if self.watchers:
            self.watchers.wake(tx.touched)
        if tx.buried and self.waiting:
            for key, entry in self.state.parked.items():
                self.waiting.parked(key, entry.error)
        if tx.unmarked:
            self.doubt(f"Kafka left out the markers of the transaction before in {tx.unmarked}")
        self._stir()
        self.app.metrics.committed(self.agent.name, self.partition, tx)
        crash.point(crash.WRITTEN)

    def passes(self, point: str) -> None:
        """Pass a crash point."""
        crash.point(point)

    def topic_name(self, topic: Topic) -> str:
        """Give a topic's real name in this cluster."""
        return self.app.topic_name(topic)

    # --- for callers

    async def reached(self, tp: TP, offset: int) -> None:
        """Wait until `offset` of a source, or of a topic that the state is a fold of, has been applied.

        A topic of neither kind says nothing about this task. Raises NotOwnerError when the task is lost meanwhile.
        """
        while not self.ready or self._applied(tp) < offset:
            if self.phase == "lost":
                raise NotOwnerError
            await self._moved.wait()

    def _applied(self, tp: TP) -> float:
        if tp.partition != self.partition:
            return inf
        return self.position[tp] if tp in self.position else self.state.folded.get(tp.topic, inf)

    def _stir(self) -> None:
        """Let those that wait in `reached` look again. A new event each time: a set one would have them spin."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def release(self, key: bytes, *, discard: bool) -> bool:
        """Run the records of a parked key again, without the first if it is discarded. False: one failed again.

        Raises LookupError when the key is not parked, NotOwnerError when this is not the owner.
        """
        if not self.serving:
            raise NotOwnerError
        handler = self._handler or await self._learn_handler()
        async with self._turn:
            if self.phase == "lost":
                raise NotOwnerError
            entry = self.state.parked.get(key)
            if entry is None:
                raise LookupError(key)
            name, app = self.topic_name(self.agent.parked_topic), self.app
            waiting: list[Any] = []
            while len(waiting) < entry.count:  # the marker of our last transaction may take a moment to arrive
                everything = await app.sideline.run(app.lookup.read_all(name, self.partition))
                waiting = [r for r in everything if r.key == key and deadletters.parking(r) == entry.parking]
            try:
                assert self._producer is not None
                self._producer.begin()
                tx = Transaction(self, self._producer, self.state.position)
                released = await deadletters.release(tx, key, waiting, handler, discard=discard)
                await self._commit(tx)
            except Exception as error:
                self.doubt(f"releasing a parked key failed ({error})")
                raise NotOwnerError from error
            return released

    async def _learn_handler(self) -> Handler:
        """An agent tells its handler with its first batch: have it get an empty one."""
        while self._handler is None:
            if self.phase == "lost":
                raise NotOwnerError
            self._inbox.wake()
            await self._moved.wait()
        return self._handler
