"""dangerous driving by type of event -> dangerous_driving_windowed: counts, one final record a window."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from app import topics
from app.engine.batches import Headers
from app.engine.task import TaskBatch
from app.engine.timers import Idle
from app.engine.transaction import Transaction
from app.engine.windows import Span, Window, WindowedCount
from app.main import app

TUMBLING = Span(size=20_000, advance=20_000)
HOPPING = Span(size=60_000, advance=30_000)
GRACE_MS = 5_000

_late_metric = app.metrics.counter("kawka_late_records", "Records that came after a window of theirs was final")


def _final(tx: Transaction, window: Window, count: int) -> None:
    record = {
        "windowStart": window.start,
        "windowEnd": window.end,
        "size": window.end - window.start,
        "eventType": window.key.decode(),
        "count": count,
    }
    headers: Headers = [("schema", b"1"), ("position", tx.position)]
    value = orjson.dumps(record)
    tx.emit(topics.dangerous_driving_windowed, window.key, value, headers, timestamp_ms=window.end - 1)


def _late(tx: Transaction, record: Any, missed: int) -> None:
    tx.emit(topics.dangerous_late, record.key, record.value, [*record.headers, ("windows-missed", b"%d" % missed)])
    _late_metric.inc()


windows = WindowedCount("dangerous-windows", (TUMBLING, HOPPING), GRACE_MS, _final, _late)


def count(record: Any, tx: Transaction) -> None:
    """Take in a dangerous event, or silence."""
    if record.topic.removeprefix(app.settings.topic_prefix) == topics.dangerous_by_type.name:
        windows.count(tx, record)
    else:
        windows.advance(tx, record.value)


@app.agent(
    topics.dangerous_by_type,
    name="dangerous-windows",
    tables=(windows.table,),
    outputs=(topics.dangerous_driving_windowed, topics.dangerous_late),
    timers=True,
    idle=Idle(app.settings.window_idle_s, windows.idle_payload(int(app.settings.window_idle_s * 1000))),
)
async def dangerous_windows(batches: AsyncIterator[TaskBatch]) -> None:
    """Count dangerous events by type: tumbling 20 s, hopping 60 s every 30 s."""
    async for batch in batches:
        await batch.transact(count)
