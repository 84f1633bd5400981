"""Records as they come from Kafka, unpacked a batch at a time: aiokafka makes a dataclass of each, by four calls."""

from collections import OrderedDict
from collections.abc import Iterator
from struct import Struct
from types import MethodType
from typing import Any, cast

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from app.engine.batches import compiled

_FRAME = Struct(">8xi")  # length of what follows
_LEAST = 14  # of the first format: checksum, magic, attributes, two lengths
_HEAD = Struct(">q8xb4xhi16xq10x")  # offset, magic, attributes, last offset's delta, producer id
_SPECIAL = 0x07 | 0x20  # compressed, or a marker of a transaction
_TRANSACTIONAL = 0x10


class Record(msgspec.Struct, frozen=True, gc=False):
    """What handlers read of a record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class _Batch:
    """A batch within what was fetched, as aiokafka's batches are asked."""

    __slots__ = ("_raw", "_start", "_stop", "base_offset", "is_transactional", "next_offset", "producer_id")
    is_control_batch = False

    def __init__(
        self, raw: bytes, start: int, stop: int, offset: int, next_offset: int, transactional: int, producer: int
    ) -> None:
        self._raw, self._start, self._stop = raw, start, stop
        self.base_offset, self.next_offset = offset, next_offset
        self.is_transactional, self.producer_id = bool(transactional), producer

    def validate_crc(self) -> bool:
        """Whether it is as it was written."""
        return compiled.intact(self._raw, self._start, self._stop)

    def unpack(self, first: int, topic: str, partition: int) -> list[Record]:
        """Give its records from offset `first` on. Raises CorruptRecordException."""
        try:
            return compiled.unpack(self._raw, self._start, self._stop, first, Record, topic, partition)
        except ValueError as error:
            raise CorruptRecordException(f"{topic}-{partition}: {error}") from error


class _Fetched:
    """The bytes that were fetched of a partition, in place of aiokafka's MemoryRecords, which hides them."""

    __slots__ = ("has_next", "next_batch", "raw", "size_in_bytes")

    def __init__(self, raw: bytes) -> None:
        records = MemoryRecords(raw)
        self.raw = raw
        self.has_next, self.next_batch, self.size_in_bytes = records.has_next, records.next_batch, records.size_in_bytes


def _batches(records: Any) -> Iterator[Any]:
    """Give what was fetched batch by batch; those that `compiled` does not know as aiokafka's."""
    if not isinstance(records, _Fetched):
        while records.has_next():
            yield records.next_batch()
        return
    raw, start = records.raw, 0
    while start + _FRAME.size <= len(raw):
        length = _FRAME.unpack_from(raw, start)[0]
        if length < _LEAST:
            raise CorruptRecordException(f"A batch of {length} bytes")
        stop = start + _FRAME.size + length
        if stop > len(raw):
            return  # the rest of it comes with the next fetch
        yield _batch(raw, start, stop)
        start = stop


def _batch(raw: bytes, start: int, stop: int) -> Any:
    if stop - start >= _HEAD.size:
        offset, magic, attributes, last, producer = _HEAD.unpack_from(raw, start)
        if magic == 2 and not attributes & _SPECIAL:
            return _Batch(raw, start, stop, offset, offset + last + 1, attributes & _TRANSACTIONAL, producer)
    return MemoryRecords(raw[start:stop]).next_batch()


class _Unpacked(PartitionRecords):
    """What was fetched of one partition, unpacked whole."""

    next_fetch_offset: int

    def rest(self) -> list[Record]:
        """Give all that there is, as `_unpack_records` does for who reads what is committed."""
        self._records_iterator = None  # a generator over `self`: what was fetched would stay until a collection
        topic, partition = self._tp
        unpacked = list[Record]()
        for batch in _batches(self._records):
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._skipped(batch):
                first = self.next_fetch_offset
                if type(batch) is _Batch:
                    unpacked += batch.unpack(first, topic, partition)
                else:
                    unpacked += [
                        Record(topic, partition, raw.offset, raw.timestamp, raw.key, raw.value, tuple(raw.headers))
                        for raw in batch
                        if raw.offset >= first
                    ]
            self.next_fetch_offset = batch.next_offset
        return unpacked

    def _skipped(self, batch: Any) -> bool:
        """Whether a batch is a marker, or of an aborted transaction."""
        if batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch:
            if self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            return True
        return bool(batch.is_transactional and batch.producer_id in self._aborted_producers)


def _getall(self: Any, max_records: int | None = None) -> list[Any]:
    """FetchResult.getall, all at once where no number is asked for."""
    if max_records is not None:
        return cast(list[Any], FetchResult.getall(self, max_records))
    if not self.check_assignment(self._topic_partition) or not self.has_more():
        return []
    unpacked: list[Any] = self._partition_records.rest()
    self._update_position()
    self._partition_records = None
    del self.getall  # it holds `self`
    return unpacked


class _Arrived(OrderedDict[TopicPartition, Any]):
    """The place of aiokafka's fetcher for what has arrived, which is made to unpack as above."""

    def __setitem__(self, tp: TopicPartition, fetched: Any) -> None:
        if type(fetched) is FetchResult:
            fetched._partition_records.__class__ = _Unpacked
            fetched.getall = MethodType(_getall, fetched)
        super().__setitem__(tp, fetched)


def light_records(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer give `Record`s where all that there is is asked for. aiokafka has no hook for it."""
    consumer._fetcher._records = _Arrived(consumer._fetcher._records)


if compiled is not None:
    fetcher.MemoryRecords = _Fetched
