"""Dead letters that keep order: the record goes to dead-letters, and its key waits until somebody decides.

Undecodable bytes are buried and nothing else happens. A record whose handler raised is buried too and parks its key:
it and all later records of the key go, in order, to the agent's parked topic. `retry` runs them again from the first,
`discard` from the second; either is one transaction of the owner, between two batches.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from app import topics
from app.engine.state import Parked
from app.engine.store import now_ms

if TYPE_CHECKING:
    from app.engine.batches import Headers
    from app.engine.transaction import Handler, Transaction

_LIMIT = 2000  # characters of an error message worth keeping
_ORIGIN = ("source-topic", "source-partition", "source-offset", "parking")


def bury(tx: "Transaction", record: Any, error: str, attempts: int = 1) -> None:
    """Write the original bytes and headers to dead-letters, with where they came from and what went wrong."""
    tx.buried += 1
    tx.emit(topics.dead_letters, record.key, record.value, about(record, tx.task.agent.name, error, attempts))


def about(record: Any, agent: str, error: str, attempts: int) -> "Headers":
    """Give the headers of a dead letter: the record's own, where it came from and what went wrong."""
    return [
        *record.headers,
        *_origin(record),
        ("error", error[:_LIMIT].encode(errors="replace")),
        ("agent", agent.encode()),
        ("attempts", b"%d" % attempts),
        ("time", b"%d" % now_ms()),
    ]


def bury_and_park(tx: "Transaction", record: Any, error: str) -> None:
    """Bury a record whose handler raised, and make its key (if it has one) wait, itself first."""
    if record.key is None:
        bury(tx, record, error)
        return
    known = tx.parked.get(record.key)
    attempts = 1 if known is None or known.offset != record.offset else known.attempts + 1
    bury(tx, record, error, attempts)
    entry = Parked(
        parking=known.parking if known else f"{record.topic}-{record.partition}:{record.offset}",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        error=error[:_LIMIT],
        at_ms=now_ms(),
        attempts=attempts,
        count=known.count if known else 0,
        done=known.done if known else 0,
    )
    tx.park(record.key, entry)
    if known is None:
        park(tx, record)


def park(tx: "Transaction", record: Any) -> None:
    """Keep a record of a waiting key for later, in order."""
    entry = tx.parked[record.key]
    headers = [*record.headers, *_origin(record), ("parking", entry.parking.encode())]
    tx.emit(tx.task.agent.parked_topic, record.key, record.value, headers)
    tx.park(record.key, msgspec.structs.replace(entry, count=entry.count + 1))


async def release(tx: "Transaction", key: bytes, waiting: list[Any], handler: "Handler", *, discard: bool) -> bool:
    """Run the waiting records of a key in order, without the first if it is to be discarded. False: one failed again.

    What was done before a failure stays done; the record that failed is now the first to wait.
    """
    done = tx.parked[key].done
    for parked in waiting[done + discard :]:
        done += 1 if not discard else 2
        discard = False
        tx.record = _unpark(parked)
        entry = msgspec.structs.replace(tx.parked[key], done=done - 1)
        tx.park(key, entry)
        await tx.flush()
        if not await tx.handle(tx.record, handler):
            await tx.flush()
            return False
        await tx.flush()
    tx.record = _unpark(waiting[-1])
    tx.park(key, None)
    await tx.flush()
    return True


class Unparked(msgspec.Struct, frozen=True):
    """A parked record as it was in its source topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def parking(record: Any) -> str:
    """Give the spell of waiting that a record of a parked topic belongs to."""
    spell: bytes = dict(record.headers).get("parking", b"")
    return spell.decode()


def _unpark(record: Any) -> Unparked:
    headers = dict(record.headers)
    return Unparked(
        topic=headers["source-topic"].decode(),
        partition=int(headers["source-partition"]),
        offset=int(headers["source-offset"]),
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple((name, value) for name, value in record.headers if name not in _ORIGIN),
    )


def _origin(record: Any) -> "Headers":
    return [
        ("source-topic", record.topic.encode()),
        ("source-partition", b"%d" % record.partition),
        ("source-offset", b"%d" % record.offset),
    ]
