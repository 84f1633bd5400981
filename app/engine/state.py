"""What a task knows: the committed state of its tables. Nothing gets in here before its transaction is committed."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.engine.idempotency import DecidedCommands
from app.engine.store import Checkpoint, Store, now_ms
from app.engine.table import KafkaRecord, Table, same_key
from app.settings import Settings

_MISSING = object()


class Parked(msgspec.Struct, frozen=True):
    """Why a key waits: source position and error of the record that stands first, when it first failed (ms), how often.

    `parking` names this spell of waiting (the source position of the record that began it); of its records in the
    parked topic `count` were written and `done` are settled.
    """

    parking: str
    topic: str
    partition: int
    offset: int
    error: str
    at_ms: int
    attempts: int = 1
    count: int = 0
    done: int = 0


class State:
    """RocksDB, the cache of decoded values over it, the parked keys and the decided commands of one task.

    It outlives the task while the worker holds its directory: taken again, only what is new is read from Kafka.
    """

    def __init__(
        self, settings: Settings, path: Path, tables: Iterable[Table], parked: Table, results: str | None, prefix: str
    ) -> None:
        self.tables = {table.name: table for table in (*tables, parked)}
        self.parked_table = parked
        self._prefix = prefix
        self.store = Store(path, settings.rocksdb_cache_mb)
        self.decided = DecidedCommands(settings.idempotency_s, settings.idempotency_max)
        self.results = results
        self.parked: dict[bytes, Parked] = {}
        self.folded: dict[str, int] = {}  # topic -> next offset to fold in
        self.position: dict[str, int] = {}  # source topic -> next offset to process
        self.ends: dict[str, int] = {}  # topic -> offset behind what the task's producer wrote there last
        self.identity: tuple[str, dict[str, str]] = ("", {})
        self._cache: OrderedDict[bytes, Any] = OrderedDict()  # the one used last is last
        self._cache_max = max(1, settings.state_cache_entries // settings.partitions)

    def topic_name(self, table: Table) -> str:
        """Give the real name of a table's topic in this cluster."""
        return self._prefix + table.topic.name

    @property
    def folded_topics(self) -> dict[str, list[Table]]:
        """Give which tables each topic restores; the results topic restores the decided commands."""
        topics: dict[str, list[Table]] = {}
        for table in self.tables.values():
            topics.setdefault(self.topic_name(table), []).append(table)
        if self.results:
            topics.setdefault(self.results, [])
        return topics

    def get(self, table: Table, key: bytes) -> Any:
        """Give the committed, decoded value of a key, or None."""
        full, cache = table.prefix + key, self._cache
        value = cache.get(full, _MISSING)
        if value is not _MISSING:
            cache.move_to_end(full)
            return value
        raw = self.store.get(full)
        value = None if raw is None else table.decode(raw)
        if table.cached:
            self._keep(full, value)
        return value

    def raw(self, table: Table, key: bytes) -> bytes | None:
        """Give the committed bytes of a key, or None."""
        return self.store.get(table.prefix + key)

    def scan(
        self, table: Table, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None
    ) -> Iterator[tuple[bytes, bytes]]:
        """Give the committed entries of a key range, in key order."""
        return table.strip(self.store.scan(*table.bounds(prefix, start, stop)))

    def committed(
        self,
        entries: dict[bytes, bytes | None],
        decoded: Mapping[bytes, Any],
        folded: Mapping[str, int],
        position: Mapping[str, int],
    ) -> None:
        """Take in a committed transaction: its entries with the checkpoint in one write, then the cache."""
        self.folded.update(folded)
        self.position.update(position)
        self.store.write(entries, self._checkpoint())
        for key, value in decoded.items():
            self._keep(key, value)

    def restored(self, topic: str, records: Collection[KafkaRecord], end: int) -> None:
        """Take in records that a topic of ours holds beyond what we have, up to the offset `end`."""
        entries: dict[bytes, bytes | None] = {}
        tables = self.folded_topics[topic]
        for table in tables:
            prefix = table.prefix
            if table.entry is same_key:
                entries |= {prefix + one.key: one.value for one in records if one.key is not None}
            else:
                entries |= {prefix + entry[0]: entry[1] for entry in map(table.entry, records) if entry is not None}
        if topic == self.results:
            self.decided.fold(records)
        self.folded[topic] = end
        if tables:
            self.store.write(entries, self._checkpoint())
        self._cache.clear()

    def load_parked(self) -> None:
        """Read the parked keys into memory, after a restore: each record of the sources is checked against them."""
        self.parked = {key: msgspec.json.decode(raw, type=Parked) for key, raw in self.scan(self.parked_table)}

    def wipe(self) -> None:
        """Forget all that came from Kafka."""
        self.store.wipe()
        self._cache.clear()
        self.decided.clear()
        self.folded.clear()
        self.position.clear()

    def close(self) -> None:
        """Let go of the directory. What is here is as of now: an idle store has not grown stale."""
        if self.identity[0]:
            self.store.write({}, self._checkpoint())
        self.store.close()

    def _keep(self, key: bytes, value: Any) -> None:
        self._cache[key] = value
        self._cache.move_to_end(key)
        if len(self._cache) > self._cache_max:
            self._cache.popitem(last=False)

    def _checkpoint(self) -> Checkpoint:
        cluster, topics = self.identity
        stored = {topic: offset for topic, offset in self.folded.items() if topic != self.results}
        return Checkpoint(cluster=cluster, topics=topics, folded=stored, source=self.position, at_ms=now_ms())
