"""What a source has published: read back from its own compacted topic, so that there is no second truth about it.

Why there is no topic of positions: docs/decisions/0006-a-source-reads-its-topic.md.
"""

import hashlib
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.settings import Settings

TIMESTAMP_HEADER = "source-timestamp"  # of the row, microseconds since 1970: the record's own has only ms
REFUSED = b""  # in place of the digest of a value that could not be published


class Published:
    """For each key the timestamp (microseconds) and a digest of the value last published. About 250 bytes a key."""

    def __init__(self) -> None:
        self._rows: dict[bytes, tuple[int, bytes]] = {}
        self.newest = 0  # microseconds; of rows since deleted as well

    def __len__(self) -> int:
        return len(self._rows)

    def keys(self) -> set[bytes]:
        """Give the keys that are there, refused ones included."""
        return set(self._rows)

    def has(self, key: bytes, micros: int, value: bytes) -> bool:
        """Whether exactly this was published last."""
        return self._rows.get(key) == (micros, digest(value))

    def has_time(self, key: bytes, micros: int) -> bool:
        """Whether the key was last published, or refused, with this timestamp."""
        return key in self._rows and self._rows[key][0] == micros

    def refused(self, key: bytes, micros: int) -> bool:
        """Whether the row was refused when it had this timestamp."""
        return self._rows.get(key) == (micros, REFUSED)

    def put(self, key: bytes, micros: int, value: bytes | None) -> None:
        """Remember a value, or with None that the row was refused."""
        self._rows[key] = (micros, REFUSED if value is None else digest(value))
        self.newest = max(self.newest, micros)

    def remove(self, key: bytes) -> None:
        """Remember that the key was deleted."""
        self._rows.pop(key, None)

    def took(self, record: Any) -> None:
        """Take in a record of the topic."""
        if record.value is None:
            self.remove(record.key)
        else:
            self.put(record.key, _micros(record), record.value)


def digest(value: bytes) -> bytes:
    """Give 16 bytes that differ when the value does."""
    return hashlib.blake2b(value, digest_size=16).digest()


async def read_published(settings: Settings, topic: str) -> Published:
    """Read a topic from its beginning to its end. KafkaError when that fails. Runs on any loop."""
    consumer = AIOKafkaConsumer(
        **settings.kafka(),
        client_id="kawka-source",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        tps = [TopicPartition(topic, partition) for partition in range(settings.partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        published, left = Published(), set(tps)
        while left:
            for records in (await consumer.getmany(*left, timeout_ms=100)).values():
                for record in records:
                    published.took(record)
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
        return published
    finally:
        await consumer.stop()


def _micros(record: Any) -> int:
    with suppress(ValueError):  # another's header; or another's record (Debezium's): then to the ms
        return next((int(value) for name, value in record.headers if name == TIMESTAMP_HEADER), record.timestamp * 1000)
    return int(record.timestamp) * 1000
