"""Writes a source's rows to its topic: each batch one transaction, by one writer at a time."""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka.errors import KafkaError

from app.sources.metrics import SourceMetrics
from app.sources.published import TIMESTAMP_HEADER, Published, read_published
from app.sources.table import Row, TableSource

if TYPE_CHECKING:
    from app.engine.app import App

log = logging.getLogger(__name__)
BATCH_OVERHEAD = 512  # bytes that a record's headers and its batch take beside key and value


class Writer:
    """The one writer of a source's topic, and what it wrote. Errors of Kafka are raised: begin anew with `open`."""

    def __init__(self, app: "App", source: TableSource, metrics: SourceMetrics) -> None:
        self.published = Published()
        self._app = app
        self._source = source
        self._metrics = metrics
        self._topic = app.topic_name(source.topic)
        self._id = f"{app.settings.prefix}.source.{source.name}"
        self._producer = app.new_producer(transactional_id=self._id)

    async def open(self) -> None:
        """Fence the writer before us, then read what there is. In this order: it can add nothing unseen."""
        await self._app.sideline.run(self._app.hanging.end(self._id, [self._topic]))
        await self._producer.start()
        self.published = await self._app.sideline.run(read_published(self._app.settings, self._topic))

    async def close(self) -> None:
        """Let go. A transaction that is still open is ended by the next writer, or by Kafka."""
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._producer.stop(), 2)

    async def rows(self, rows: Iterable[Row]) -> None:
        """Publish the rows that differ from what was published, in order."""
        news = [(row, value) for row in rows if (value := self._value(row)) is not None]
        news = [(row, value) for row, value in news if not self.published.has(row.key, row.micros, value)]
        now_ms = time.time_ns() // 1_000_000
        await self._write([(row.key, value, _record_time(row, now_ms), _headers(row)) for row, value in news])
        for row, value in news:
            self.published.put(row.key, row.micros, value)
        self._metrics.rows.labels(self._source.name, "written").inc(len(news))

    async def deleted(self, keys: Sequence[bytes]) -> None:
        """Publish a tombstone for each key; its time is when the row was found missing, the only one there is."""
        now_ms = time.time_ns() // 1_000_000
        await self._write([(key, None, now_ms, [("schema", b"1")]) for key in keys])
        for key in keys:
            self.published.remove(key)
        self._metrics.rows.labels(self._source.name, "deleted").inc(len(keys))

    def _value(self, row: Row) -> bytes | None:
        if self.published.refused(row.key, row.micros):
            return None
        try:
            value = msgspec.json.encode(self._source.value(row))
            size = len(row.key) + len(value)
            if size + BATCH_OVERHEAD <= self._source.topic.max_bytes:
                return value
            reason = f"its {size} bytes are too many for the topic"
        except Exception as error:  # noqa: BLE001 -- whatever one row holds, the others go on
            reason = repr(error)
        shown = row.key[:100].decode(errors="replace")
        log.warning("%s: the row with key %s is not published: %s", self._source.name, shown, reason)
        self._metrics.rows.labels(self._source.name, "refused").inc()
        self.published.put(row.key, row.micros, None)
        return None

    async def _write(self, records: list[tuple[bytes, bytes | None, int, list[tuple[str, bytes]]]]) -> None:
        if not records:
            return
        await self._producer.begin_transaction()
        sent: list[asyncio.Future[Any]] = [
            await self._producer.send(self._topic, value, key, timestamp_ms=at_ms, headers=headers)
            for key, value, at_ms, headers in records
        ]
        await asyncio.gather(*sent)
        await self._producer.commit_transaction()


def _record_time(row: Row, now_ms: int) -> int:
    """Give the record's timestamp, ms: the row's, if Kafka can take that (it refuses the future, and before 1970)."""
    return min(max(row.at_ms, 0), now_ms)


def _headers(row: Row) -> list[tuple[str, bytes]]:
    return [("schema", b"1"), (TIMESTAMP_HEADER, b"%d" % row.micros)]
