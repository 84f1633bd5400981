"""Records as they come from Kafka, unpacked a batch at a time: aiokafka makes a dataclass of each, by four calls."""

from collections import OrderedDict
from types import MethodType
from typing import Any, cast

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException


class Record(msgspec.Struct, frozen=True, gc=False):
    """What handlers read of a record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class _Bare(PartitionRecords):
    """What was fetched of one partition, as records that do not know their topic and partition."""

    next_fetch_offset: int

    def rest(self) -> list[Any]:
        """Give all that is left, and go to its end: as `_unpack_records` does for who reads what is committed."""
        self._records_iterator = None  # a generator over `self`: what was fetched would stay until a collection
        batches, unpacked = self._records, list[Any]()
        while batches.has_next():
            batch = batches.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._skipped(batch):
                first = self.next_fetch_offset
                unpacked += batch if batch.base_offset >= first else [raw for raw in batch if raw.offset >= first]
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


class _Light(_Bare):
    """The same as `Record`s."""

    def rest(self) -> list[Record]:
        """Give all that is left."""
        topic, partition = self._tp
        return [
            Record(topic, partition, raw.offset, raw.timestamp, raw.key, raw.value, tuple(raw.headers))
            for raw in super().rest()
        ]


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


class _Fetched(OrderedDict[TopicPartition, Any]):
    """The place of aiokafka's fetcher for what has arrived, which is made to unpack as above."""

    def __init__(self, before: Any, unpacks: type[_Bare]) -> None:
        super().__init__(before)
        self._unpacks = unpacks

    def __setitem__(self, tp: TopicPartition, fetched: Any) -> None:
        if type(fetched) is FetchResult:
            fetched._partition_records.__class__ = self._unpacks
            fetched.getall = MethodType(_getall, fetched)
        super().__setitem__(tp, fetched)


def light_records(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer give `Record`s where all that there is is asked for. aiokafka has no hook for it."""
    consumer._fetcher._records = _Fetched(consumer._fetcher._records, _Light)


def bare_records(consumer: AIOKafkaConsumer) -> None:
    """The same, with records that have offset, timestamp, key, value and headers only."""
    consumer._fetcher._records = _Fetched(consumer._fetcher._records, _Bare)
