"""One RocksDB per task: the committed state of its tables, with the checkpoint it was written at."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteOptions,
)

CHECKPOINT = b"\x00checkpoint"
STALE_MS = 24 * 60 * 60 * 1000  # Kafka's delete.retention.ms: older, and a deleted key's tombstone may be gone

_blocks: dict[int, Cache] = {}


class Checkpoint(msgspec.Struct, frozen=True):
    """Up to where a store reflects Kafka. Written in the same WriteBatch as the data, so the two cannot disagree.

    `folded`: next offset of each changelog (or other folded topic) partition, `source`: the task's position then,
    `cluster` and `topics`: whose data it is (ids, not names), `at_ms`: wall clock.
    """

    cluster: str
    topics: dict[str, str]
    folded: dict[str, int]
    source: dict[str, int]
    at_ms: int


def now_ms() -> int:
    """Milliseconds since 1970, wall clock."""
    return int(time.time() * 1000)


class Store:
    """Raw bytes by table prefix and key. Not written but through `write`, which takes the checkpoint along."""

    def __init__(self, path: Path, cache_mb: int) -> None:
        self.path = path
        self._cache_mb = cache_mb
        self._no_wal = WriteOptions()
        self._no_wal.disable_wal = True  # type: ignore[method-assign, assignment]  # the changelog in Kafka is the log
        self._open()

    def _open(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_size(8 << 20)
        options.set_max_write_buffer_number(2)
        options.set_keep_log_file_num(1)
        options.set_max_open_files(64)
        table = BlockBasedOptions()
        table.set_bloom_filter(10, block_based=False)
        table.set_block_cache(_shared_blocks(self._cache_mb))
        table.set_cache_index_and_filter_blocks(True)
        # In parts: whole, that of a million keys fits no shard of the cache, and each get reads and unpacks it: 1 ms.
        table.set_index_type(BlockBasedIndexType.two_level_index_search())
        table.set_partition_filters(True)
        table.set_metadata_block_size(4096)
        table.set_pin_top_level_index_and_filter(True)
        options.set_block_based_table_factory(table)
        self._db = Rdict(str(self.path), options)

    def get(self, key: bytes) -> bytes | None:
        """Give the committed value, None when there is none."""
        value: bytes | None = self._db.get(key)
        return value

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Give the entries with start <= key < stop, in key order, as of now."""
        options = ReadOptions()
        options.set_iterate_upper_bound(stop)
        entries: Iterator[tuple[Any, Any]] = self._db.items(from_key=start, read_opt=options)
        for key, value in entries:
            if key >= stop:
                return
            yield key, value

    def checkpoint(self) -> Checkpoint | None:
        """Give what the last `write` said of itself, None for an empty or unreadable store."""
        raw = self.get(CHECKPOINT)
        try:
            return None if raw is None else msgspec.json.decode(raw, type=Checkpoint)
        except msgspec.MsgspecError:
            return None

    def write(self, entries: dict[bytes, bytes | None], checkpoint: Checkpoint) -> None:
        """Put (or delete, where None) all entries and the checkpoint, all or nothing."""
        batch = WriteBatch(raw_mode=True)
        put = batch.put
        for key, value in entries.items():
            if value is None:
                batch.delete(key)
            else:
                put(key, value)
        batch.put(CHECKPOINT, msgspec.json.encode(checkpoint))
        self._db.write(batch, self._no_wal)

    def wipe(self) -> None:
        """Forget everything: what is here cannot be carried on from."""
        self._db.close()
        shutil.rmtree(self.path)
        self._open()

    def close(self) -> None:
        """Flush, so that the next opening has less to restore, and let go of the directory's lock."""
        self._db.flush()
        self._db.close()


def _shared_blocks(megabytes: int) -> Cache:
    if megabytes not in _blocks:
        _blocks[megabytes] = Cache(megabytes << 20)
    return _blocks[megabytes]
