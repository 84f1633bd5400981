"""dangerous driving by driver + trucking_driver -> dangerous_driving_driver: a LEFT join that waits for its table.

An event whose driver is not known yet waits, and with it the later events of that driver: their order is kept. It goes
out when the driver becomes known, or with driver null when its time is up. A driver's change is seen by later events.
"""

from collections.abc import AsyncIterator
from typing import Any

from app import topics
from app.codec import Codec, rfc3339
from app.domain.trucks import TruckPosition
from app.engine.batches import Headers
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.drivers import Driving, drivers, driving, waiting_events

GRACE_MS = int(app.settings.join_grace_s * 1000)
positions: Codec[TruckPosition] = Codec(TruckPosition)


def join(record: Any, tx: Transaction) -> None:
    """Take in a dangerous event, a driver, or the end of a wait."""
    topic = record.topic.removeprefix(app.settings.topic_prefix)
    if topic == topics.trucking_driver.name:
        tx.put(drivers, record.key, record.value)
        if record.value is not None:
            _let_go(tx, record.key, record.value)
    elif topic == topics.dangerous_by_driver.name:
        _event(record, tx)
    else:
        _let_go(tx, record.key, None, up_to=int(record.value))


def _event(record: Any, tx: Transaction) -> None:
    position = positions.decode(record.value)
    _count(tx, record.key, position)
    driver = tx.get(drivers, record.key)
    if driver is not None:
        _emit(tx, record.key, record.value, driver, record.timestamp)
        return
    tx.put(waiting_events, _waiting_key(record.key, record.offset), record.timestamp.to_bytes(8, "big") + record.value)
    tx.schedule(b"%b/%d" % (record.key, record.offset), GRACE_MS, b"%d" % record.offset)


def _let_go(tx: Transaction, key: bytes, driver: bytes | None, up_to: int | None = None) -> None:
    """Send on the events of a driver that wait, in order: all, or those up to the one whose time is up."""
    driver_id = key if up_to is None else key.rpartition(b"/")[0]
    for waiting, entry in tx.scan(waiting_events, driver_id + b"/"):
        offset = int.from_bytes(waiting[-8:], "big")
        if up_to is None or offset <= up_to:
            _emit(tx, driver_id, entry[8:], driver, int.from_bytes(entry[:8], "big"))
            tx.put(waiting_events, waiting, None)
            tx.cancel(b"%b/%d" % (driver_id, offset))


def _emit(tx: Transaction, key: bytes, event: bytes, driver: bytes | None, timestamp: int) -> None:
    cause: Headers = [("schema", b"1"), ("position", tx.position)]
    joined = event[:-1] + b',"driver":' + (driver or b"null") + b"}"
    tx.emit(topics.dangerous_driving_driver, key, joined, cause, timestamp_ms=timestamp)


def _count(tx: Transaction, key: bytes, position: TruckPosition) -> None:
    day = rfc3339(position.timestamp)[:10]
    known = tx.get(driving, key)
    if known is None:
        counted = Driving(position.driver_id, 1, 1, day, position)
    elif day == known.day:
        counted = Driving(position.driver_id, known.ever + 1, known.today + 1, day, position)
    elif day > known.day:
        counted = Driving(position.driver_id, known.ever + 1, 1, day, position)
    else:
        counted = Driving(position.driver_id, known.ever + 1, known.today, known.day, known.last)
    tx.put(driving, key, counted)


def _waiting_key(driver_id: bytes, offset: int) -> bytes:
    """Give the key of a waiting event: in order of arrival within a driver. Stored: do not change."""
    return driver_id + b"/" + offset.to_bytes(8, "big")


@app.agent(
    topics.dangerous_by_driver,
    topics.trucking_driver,
    name="dangerous-drivers",
    tables=(drivers, driving, waiting_events),
    outputs=(topics.dangerous_driving_driver,),
    timers=True,
)
async def dangerous_drivers(batches: AsyncIterator[TaskBatch]) -> None:
    """Join dangerous events with their drivers; events of unknown drivers wait a while."""
    async for batch in batches:
        await batch.transact(join)
