"""Records of one topic-partition, as they will lie in Kafka."""

from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatchBuilder

try:
    from app.engine import _recordbatch
except ImportError:  # there was no C compiler to install Kawka with: a sixth slower, the same bytes and records
    _recordbatch = None  # type: ignore[assignment]

compiled = _recordbatch

Headers = list[tuple[str, bytes]]
Built = bytearray | memoryview


class Batch:
    """A record batch being filled; `count` records are in it. aiokafka's own wrapper costs as much as the record."""

    __slots__ = ("_builder", "add", "count")

    def __init__(self, most_bytes: int) -> None:
        self.count = 0
        self._builder: Any
        if compiled is None:
            self._builder = DefaultRecordBatchBuilder(2, 0, 1, -1, -1, 0, most_bytes)
        else:
            self._builder = compiled.Builder(most_bytes)
        self.add = self._builder.append  # None when the record does not fit

    def append(self, timestamp: int, key: bytes | None, value: bytes | None, headers: Headers) -> bool:
        """Add a record; False when it does not fit any more."""
        if self.add(self.count, timestamp, key, value, headers) is None:
            return False
        self.count += 1
        return True

    def build(self, producer_id: int, epoch: int, sequence: int) -> Built:
        """Give the bytes, ready to send. Only once."""
        self._builder.set_producer_state(producer_id, epoch, sequence)
        built: Built = self._builder.build()
        return built

    def for_aiokafka(self) -> BatchBuilder:
        """Give the records as aiokafka's producer takes them. Only once."""
        wrapped = _Filled(1, 0, is_transactional=True)
        wrapped._builder, wrapped._relative_offset = self._builder, self.count
        return wrapped


class _Filled(BatchBuilder):
    """aiokafka's, which looks whether the batch is of its own class."""

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._builder.set_producer_state(producer_id, producer_epoch, base_sequence)
