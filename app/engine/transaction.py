"""One Kafka transaction: what the records of a batch put and emit, their source positions, all or nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from app.codec import Undecodable
from app.engine import crash, deadletters, timers
from app.engine.answers import Answer
from app.engine.batches import Headers
from app.engine.idempotency import Decided
from app.engine.outputs import MOST_WAITING, RECORD_OVERHEAD, Outputs, OutputTooLargeError
from app.engine.pacing import SHORT, Seat, Turn
from app.engine.producers import TaskProducer
from app.engine.state import Parked, State
from app.engine.table import Table
from app.engine.timers import timer_entry
from app.topics import Topic

if TYPE_CHECKING:
    from app.engine.task import Task

Handler = Callable[[Any, "Transaction"], Awaitable[None] | None]
_Entry = tuple[Table, bytes, Any, bytes | None]


class DoubtError(RuntimeError):
    """What we hold may not be what Kafka holds: the task must be taken anew."""


class Transaction:
    """What a handler works with: read and put table entries, emit records. Nothing is visible until the commit.

    A handler's exception takes back what that one record did, never what the batch did.
    """

    def __init__(self, task: "Task", producer: TaskProducer, position: Mapping[str, int]) -> None:
        self.task = task
        self.record: Any = None
        self._timers_topic = task.timers_topic
        self._topics: set[str] = set()
        self.handled = 0
        self.buried = 0
        self.repeated = 0
        self._parks = False
        self.unmarked = ""  # a topic where the marker of the transaction before is missing: engine/hanging.py
        self._began = time.monotonic()
        self._state: State = task.state
        self._producer = producer
        self._position = position
        self._overlay: dict[bytes, _Entry] = {}
        self._puts: dict[bytes, _Entry] = {}
        self._emits: list[tuple[Topic, bytes | None, bytes | None, Headers, int | None, int | None]] = []
        self._outputs = Outputs(producer, task.topic_name)
        self._decided: tuple[bytes, bytes] | None = None
        self._remembered: dict[bytes, tuple[bytes, int, tuple[int, int]]] = {}
        self.parked: dict[bytes, Parked] = self._state.parked
        self._answers: list[tuple[bytes, str, Answer]] = []
        self.answers: list[tuple[bytes, str, Answer]] = []

    @property
    def seconds(self) -> float:
        """How long this transaction has been open."""
        return time.monotonic() - self._began

    # --- what handlers use

    @property
    def position(self) -> bytes:
        """The position that includes the record at hand, as a consistency token: topic-partition:nextOffset."""
        record = self.record
        return f"{record.topic}-{record.partition}:{record.offset + 1}".encode()

    def get(self, table: Table, key: bytes) -> Any:
        """Give the value of a key as this transaction sees it, or None."""
        full = table.prefix + key
        entry = self._puts.get(full) or self._overlay.get(full)
        return self._state.get(table, key) if entry is None else entry[2]

    def put(self, table: Table, key: bytes, value: Any, encoded: bytes | None = None) -> None:
        """Set a key, None deletes it. `encoded` saves encoding the value again where its bytes are at hand."""
        self._puts[table.prefix + key] = (table, key, value, encoded)

    def emit(
        self,
        topic: Topic,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> None:
        """Write a record to the partition number, and with the time, of the record at hand unless told otherwise."""
        # A batch that its topic refuses would fail every attempt at this transaction. Headers are looked at last.
        size = len(key or b"") + len(value or b"") + RECORD_OVERHEAD
        if size * 2 > topic.max_bytes and size + sum(len(k) + len(v) + 8 for k, v in headers) > topic.max_bytes:
            raise OutputTooLargeError(f"{len(value or b'')} bytes for {topic.name}, which takes {topic.max_bytes}")
        self._emits.append((topic, key, value, headers, partition, timestamp_ms))

    def repartition(
        self, topic: Topic, key: bytes, value: bytes, headers: Headers, timestamp_ms: int | None = None
    ) -> None:
        """Write a record to the partition that `key` belongs to."""
        self.emit(topic, key, value, headers, self.task.app.owners.partition(key), timestamp_ms)

    def schedule(self, key: bytes, after_ms: int, payload: bytes = b"") -> None:
        """Have a timer record (key, payload) read by this task once, `after_ms` from the time of the record at hand.

        There is one timer a key: scheduled again, it is set anew.
        """
        entry = timer_entry(max(0, self.record.timestamp), after_ms, payload)
        self.put(self.timers_table, key, entry, entry)

    def cancel(self, key: bytes) -> None:
        """Take back a timer that has not been read yet."""
        self.put(self.timers_table, key, None)

    def scan(self, table: Table, prefix: bytes = b"", stop: bytes | None = None) -> list[tuple[bytes, Any]]:
        """Give the entries of a key range as this transaction sees them, in key order. It looks at all puts."""
        low, high = table.bounds(prefix, stop=stop)
        found = {key: table.decode(raw) for key, raw in self._state.scan(table, prefix, stop=stop)}
        for mine in (self._overlay, self._puts):
            for full, (_, key, value, _encoded) in mine.items():
                if low <= full < high:
                    found[key] = value
        return sorted((key, value) for key, value in found.items() if value is not None)

    @property
    def timers_table(self) -> Table:
        """The agent's table of timers. Raises TypeError when the agent was declared without."""
        table = self.task.agent.timers_table
        if table is None:
            raise TypeError(f"agent {self.task.agent.name} has no timers")
        return table

    @property
    def timers(self) -> dict[bytes, bytes | None]:
        """The timers this transaction set or took back."""
        table = self.task.agent.timers_table
        return {key: value for _, (of, key, value, _encoded) in self._overlay.items() if of is table}

    @property
    def touched(self) -> Mapping[bytes, Any]:
        """The keys this transaction put or deleted, each with its table's prefix."""
        return self._overlay

    @property
    def silence(self) -> bool:
        """Whether this transaction had nothing but timer records."""
        return all(topic == self._timers_topic for topic in self._topics)

    def decided(self, identity: bytes) -> bytes | None:
        """Give the fingerprint of a command that has its result already, committed or in this transaction."""
        mine = self._remembered.get(identity)
        return self._state.decided.fingerprint(identity) if mine is None else mine[0]

    def remember(self, identity: bytes, fingerprint: bytes) -> None:
        """Note that the result emitted just now decides this command."""
        self._decided = identity, fingerprint

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for an answer on this worker: else none need be made."""
        return bool(self.task.waiting)

    def answer(self, key: bytes, command_id: str, answer: Answer) -> None:
        """Tell whoever waits for this command on this worker, once the transaction is committed."""
        self._answers.append((key, command_id, answer))

    # --- what the task and the dead letters use

    def park(self, key: bytes, entry: Parked | None) -> None:
        """Make a key wait, change why it waits, or, with None, let it go on."""
        self.parked = {**self.parked, key: entry} if entry else {k: v for k, v in self.parked.items() if k != key}
        self.put(self._state.parked_table, key, entry)

    async def run(self, records: list[Any], handler: Handler) -> None:
        """Handle each record; one that cannot be decoded or whose handler raises goes to the dead letters."""
        self.handled = len(records)
        self._topics = {record.topic for record in records}
        seat = self.task.app.pace.seat()
        try:
            await self._run(records, handler, seat)
        finally:
            seat.leave()

    async def _run(self, records: list[Any], handler: Handler, seat: Seat) -> None:
        turn, long, unseen = Turn(), len(records) > SHORT, self._outputs.unseen
        for record in records:
            if long and not seat.taken:
                await seat.take()
            self.record = record
            if self.parked and record.key in self.parked:
                deadletters.park(self, record)
            else:
                waits = self._begin(record, handler)
                if waits is not None:
                    seat.leave()
                    await self._finish(record, waits)
            self._flush()
            if len(unseen) > MOST_WAITING:
                seat.leave()
                await self._outputs.drain()
            if perf_counter() >= turn.until:
                await turn.give()

    async def handle(self, record: Any, handler: Handler) -> bool:
        """Handle one record; its effects stay pending until `flush`. False when its key has to wait (again)."""
        self._parks = False
        waits = self._begin(record, handler)
        if waits is not None:
            await self._finish(record, waits)
        return not self._parks

    async def flush(self) -> None:
        """Let what the record did become part of the transaction."""
        self._flush()
        await self._outputs.drain()

    def _begin(self, record: Any, handler: Handler) -> Awaitable[None] | None:
        try:
            if record.topic == self._timers_topic and not timers.take(self, record):
                return None  # set off twice, or taken back meanwhile
            return handler(record, self)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises concerns its own key only
            self._failed(record, error)
            return None

    async def _finish(self, record: Any, waits: Awaitable[None]) -> None:
        try:
            await waits
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(record, error)

    def _failed(self, record: Any, error: Exception) -> None:
        self._puts.clear()
        self._emits.clear()
        self._answers.clear()
        self._decided = None
        if isinstance(error, Undecodable):
            deadletters.bury(self, record, str(error))
        else:
            self._parks = True
            deadletters.bury_and_park(self, record, f"{type(error).__name__}: {error}")

    def _flush(self) -> None:
        record = self.record
        if self._puts:
            self._overlay.update(self._puts)
            self._puts.clear()
        if self._answers:
            self.answers += self._answers
            self._answers.clear()
        now, own, append = record.timestamp, record.partition, self._outputs.append
        for topic, key, value, headers, partition, timestamp in self._emits:
            at = now if timestamp is None else timestamp
            output = append(topic, own if partition is None else partition, key, value, at, headers)
            if self._decided is not None and output.name == self._state.results:
                identity, fingerprint = self._decided
                self._remembered[identity] = (fingerprint, now, output.last)
        self._emits.clear()
        self._decided = None

    async def commit(self, group: str) -> None:
        """Write changelogs and positions and commit; then, and only then, let the state have it all."""
        entries, decoded = await self._write_changelogs()
        self._outputs.send_all()
        tps = {TopicPartition(topic, self.task.partition): offset for topic, offset in self._position.items()}
        acknowledged = self._outputs.acknowledged(self.task.partition)
        offsets, _ = await asyncio.gather(acknowledged, self._producer.commit_offsets(group, tps))
        folded = self._folded(offsets)
        self.task.passes(crash.UNCOMMITTED)
        await self._producer.commit()
        self.task.passes(crash.COMMITTED)
        state = self._state
        if self._remembered:
            bases = offsets[state.results or ""][0]
            state.decided.add(
                (identity, Decided(fingerprint, bases[batch] + index, at_ms))
                for identity, (fingerprint, at_ms, (batch, index)) in self._remembered.items()
            )
        state.committed(entries, decoded, folded, self._position)
        state.parked = self.parked

    async def _write_changelogs(self) -> tuple[dict[bytes, bytes | None], dict[bytes, Any]]:
        entries: dict[bytes, bytes | None] = {}
        decoded: dict[bytes, Any] = {}
        outputs, partition, timestamp = self._outputs, self.task.partition, self.record.timestamp
        everywhere = {**self._state.position, **self._position}
        where = ",".join(f"{topic}-{partition}:{offset}" for topic, offset in everywhere.items()).encode()
        headers: Headers = [("schema", b"1"), ("position", where)]
        if self.task.agent.merges_topic:  # also where nothing was put: a replay has to know
            outputs.append(self.task.agent.merges_topic, partition, None, where, timestamp, headers[:1])
        turn = Turn()
        for full, (table, key, value, at_hand) in self._overlay.items():
            encoded = table.encode(value) if at_hand is None and value is not None else at_hand
            entries[full] = encoded
            if table.cached:
                decoded[full] = value
            if table.changelog:
                outputs.append(table.topic, partition, key, encoded, timestamp, headers)
                if len(outputs.unseen) > MOST_WAITING:
                    await outputs.drain()
            if perf_counter() >= turn.until:
                await turn.give()
        return entries, decoded

    def _folded(self, offsets: Mapping[str, tuple[list[int], int]]) -> dict[str, int]:
        folded = {}
        for topic, (bases, end) in offsets.items():
            if bases[0] == self._state.ends.get(topic):
                self.unmarked = topic
            self._state.ends[topic] = end
            if topic in self._state.folded:
                if min(bases) < 0:  # the broker took a retry for a duplicate and does not say where the first one lies
                    raise DoubtError(f"the offsets written to {topic} are unknown")
                folded[topic] = end
        return folded
