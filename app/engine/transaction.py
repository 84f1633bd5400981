"""One Kafka transaction: what the records of a batch put and emit, their source positions, all or nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from app.codec import Undecodable
from app.engine import crash, deadletters, timers
from app.engine.answers import Answer
from app.engine.idempotency import Decided
from app.engine.pacing import Turn
from app.engine.state import Parked, State
from app.engine.table import Table
from app.engine.timers import timer_entry
from app.topics import Topic

if TYPE_CHECKING:
    from app.engine.task import Task

Headers = list[tuple[str, bytes]]
Handler = Callable[[Any, "Transaction"], Awaitable[None] | None]
BATCH_BYTES = 1_000_000  # of one produced batch; a topic takes 1 MiB (contract.md)
RECORD_OVERHEAD = 200  # bytes of framing that count towards a topic's max.message.bytes
_NONE = object()


class DoubtError(RuntimeError):
    """What we hold may not be what Kafka holds: the task must be taken anew."""


class OutputTooLargeError(ValueError):
    """A handler emitted a record that its topic cannot take."""


class _Emitted(NamedTuple):
    topic: Topic
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None
    timestamp_ms: int | None


class _Output:
    """The produced batches of one topic-partition; a record's offset is known once its batch is acknowledged."""

    __slots__ = ("builder", "name", "partition", "sent")

    def __init__(self, name: str, partition: int) -> None:
        self.name = name
        self.partition = partition
        self.sent: list[Any] = []
        self.builder: BatchBuilder | None = None


class Transaction:
    """What a handler works with: read and put table entries, emit records. Nothing is visible until the commit.

    A handler's exception takes back what that one record did, never what the batch did.
    """

    def __init__(self, task: "Task", producer: AIOKafkaProducer, position: Mapping[str, int]) -> None:
        self.task = task
        self.record: Any = None
        self._timers_topic = task.timers_topic
        self._topics: set[str] = set()
        self.handled = 0
        self.buried = 0
        self.repeated = 0
        self._began = time.monotonic()
        self._state: State = task.state
        self._producer = producer
        self._position = position
        self._overlay: dict[bytes, tuple[Table, bytes, Any, bytes | None]] = {}
        self._puts: dict[bytes, tuple[Table, bytes, Any, bytes | None]] = {}
        self._emits: list[_Emitted] = []
        self._decided: tuple[tuple[bytes, str], bytes] | None = None
        self._outputs: dict[tuple[str, int], _Output] = {}
        self._remembered: dict[tuple[bytes, str], tuple[bytes, int, _Output, int, int]] = {}
        self.parked: dict[bytes, Parked] = self._state.parked
        self._answers: list[tuple[bytes, str, Answer]] = []
        self.answers: list[tuple[bytes, str, Answer]] = []

    @property
    def seconds(self) -> float:
        """How long this transaction has been open."""
        return time.monotonic() - self._began

    # --- what handlers use

    @property
    def position(self) -> str:
        """The position that includes the record at hand, as a consistency token: topic-partition:nextOffset."""
        record = self.record
        return f"{record.topic}-{record.partition}:{record.offset + 1}"

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
        if len(key or b"") + len(value or b"") + RECORD_OVERHEAD > topic.max_bytes:
            raise OutputTooLargeError(f"{len(value or b'')} bytes for {topic.name}, which takes {topic.max_bytes}")
        self._emits.append(_Emitted(topic, key, value, headers, partition, timestamp_ms))

    def repartition(self, topic: Topic, key: bytes, value: bytes, headers: Headers) -> None:
        """Write a record to the partition that `key` belongs to."""
        self.emit(topic, key, value, headers, self.task.app.owners.partition(key))

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
    def silence(self) -> bool:
        """Whether this transaction had nothing but timer records."""
        return all(topic == self._timers_topic for topic in self._topics)

    def decided(self, key: bytes, command_id: str) -> bytes | None:
        """Give the fingerprint of a command that has its result already, committed or in this transaction."""
        mine = self._remembered.get((key, command_id))
        if mine is not None:
            return mine[0]
        known = self._state.decided.get(key, command_id)
        return None if known is None else known.fingerprint

    def remember(self, key: bytes, command_id: str, fingerprint: bytes) -> None:
        """Note that the result emitted just now decides this command."""
        self._decided = ((key, command_id), fingerprint)

    def answer(self, key: bytes, command_id: str, answer: Answer) -> None:
        """Tell whoever waits for this command on this worker, once the transaction is committed."""
        if self.task.waiting:
            self._answers.append((key, command_id, answer))

    # --- what the task and the dead letters use

    def park(self, key: bytes, entry: Parked | None) -> None:
        """Make a key wait, change why it waits, or, with None, let it go on."""
        self.parked = {**self.parked, key: entry} if entry else {k: v for k, v in self.parked.items() if k != key}
        self.put(self._state.parked_table, key, entry)

    async def run(self, records: list[Any], handler: Handler) -> None:
        """Handle each record; one that cannot be decoded or whose handler raises goes to the dead letters."""
        turn = Turn()
        self.handled = len(records)
        self._topics = {record.topic for record in records}
        for record in records:
            self.record = record
            if self.parked and record.key in self.parked:
                deadletters.park(self, record)
            else:
                await self.handle(record, handler)
            await self.flush()
            await turn.maybe_yield()

    async def handle(self, record: Any, handler: Handler) -> bool:
        """Handle one record; its effects stay pending until `flush`. False when its key has to wait (again)."""
        try:
            if record.topic == self._timers_topic and not timers.take(self, record):
                return True  # set off twice, or taken back meanwhile
            waits = handler(record, self)
            if waits is not None:
                await waits
        except Undecodable as error:
            self._take_back()
            deadletters.bury(self, record, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises concerns its own key only
            self._take_back()
            deadletters.bury_and_park(self, record, f"{type(error).__name__}: {error}")
            return False
        return True

    async def flush(self) -> None:
        """Let what the record did become part of the transaction."""
        overlay, record = self._overlay, self.record
        if self._puts:
            overlay.update(self._puts)
            self._puts.clear()
        if self._answers:
            self.answers += self._answers
            self._answers.clear()
        timestamp, partition = record.timestamp, record.partition
        for emitted in self._emits:
            target = partition if emitted.partition is None else emitted.partition
            output, index = await self._append(
                emitted.topic,
                target,
                emitted.key,
                emitted.value,
                timestamp if emitted.timestamp_ms is None else emitted.timestamp_ms,
                emitted.headers,
            )
            if self._decided is not None and output.name == self._state.results:
                identity, fingerprint = self._decided
                self._remembered[identity] = (fingerprint, timestamp, output, len(output.sent), index)
        self._emits.clear()
        self._decided = None

    def _take_back(self) -> None:
        self._puts.clear()
        self._emits.clear()
        self._answers.clear()
        self._decided = None

    async def _append(
        self, topic: Topic, partition: int, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers
    ) -> tuple[_Output, int]:
        slot = (topic.name, partition)
        output = self._outputs.get(slot)
        if output is None:
            output = self._outputs[slot] = _Output(self.task.topic_name(topic), partition)
        builder = output.builder
        if builder is not None:
            done = builder.append(timestamp=timestamp, key=key, value=value, headers=headers)
            if done is not None:
                return output, builder.record_count() - 1
            await self._send(output)
        builder = output.builder = BatchBuilder(
            max(BATCH_BYTES, topic.max_bytes - RECORD_OVERHEAD), 0, is_transactional=True
        )
        if builder.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
            raise OutputTooLargeError(f"{len(value or b'')} bytes do not fit a batch for {topic.name}")
        return output, 0

    async def _send(self, output: _Output) -> None:
        builder, output.builder = output.builder, None
        if builder is not None and builder.record_count():
            future = await self._producer.send_batch(builder, output.name, partition=output.partition)
            future.add_done_callback(_seen)
            output.sent.append((future, builder.record_count()))

    async def commit(self, group: str) -> None:
        """Write changelogs and positions and commit; then, and only then, let the state have it all."""
        entries: dict[bytes, bytes | None] = {}
        decoded: dict[bytes, Any] = {}
        record, partition = self.record, self.task.partition
        where = ",".join(f"{topic}-{partition}:{offset}" for topic, offset in self._position.items())
        headers: Headers = [("schema", b"1"), ("position", where.encode())]
        turn = Turn()
        for full, (table, key, value, at_hand) in self._overlay.items():
            encoded = table.encode(value) if at_hand is None and value is not None else at_hand
            entries[full] = encoded
            decoded[full] = value
            if table.changelog:
                await self._append(table.topic, partition, key, encoded, record.timestamp, headers)
            await turn.maybe_yield()
        for output in self._outputs.values():
            await self._send(output)
        tps = {TopicPartition(topic, partition): offset for topic, offset in self._position.items()}
        await self._producer.send_offsets_to_transaction(tps, group)
        await asyncio.gather(*(future for output in self._outputs.values() for future, _ in output.sent))
        folded, bases = self._acknowledged()
        self.task.passes(crash.UNCOMMITTED)
        await self._producer.commit_transaction()
        for identity, (fingerprint, at_ms, output, batch, index) in self._remembered.items():
            self._state.decided.add(*identity, Decided(fingerprint, bases[output.name][batch] + index, at_ms))
        self.task.passes(crash.COMMITTED)
        self._state.committed(entries, decoded, folded, self._position)
        self._state.parked = self.parked

    def _acknowledged(self) -> tuple[dict[str, int], dict[str, list[int]]]:
        folded, bases = {}, {}
        own = self._state.folded
        for output in self._outputs.values():
            if output.partition == self.task.partition and output.name in own and output.sent:
                offsets = [future.result().offset for future, _ in output.sent]
                if (
                    min(offsets) < 0
                ):  # the broker took a retry for a duplicate and does not say where the first one lies
                    raise DoubtError(f"the offsets written to {output.name} are unknown")
                bases[output.name] = offsets
                folded[output.name] = offsets[-1] + output.sent[-1][1]
        return folded, bases


def _seen(future: Any) -> None:
    """Take note of a failure: the commit reports it, and asyncio need not complain of it as well."""
    if not future.cancelled():
        future.exception()
