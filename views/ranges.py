"""Ranges of a table: what is asked for, what some partitions hold of it, and how parts become one page.

The order of a page is that of the keys over all partitions, so a cursor is no more than the last key.
"""

import base64
from collections.abc import AsyncIterator, Iterable
from heapq import merge
from typing import Final

import msgspec

from app.engine.answers import NotOwnerError
from app.engine.pacing import Turn
from app.engine.table import Table
from app.engine.task import Task
from views.problems import malformed

MOST: Final = 1000
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Range(msgspec.Struct, frozen=True):
    """What to read: keys that begin with `prefix`, from `start`, below `stop`; values whose fields fit `where`.

    `holding`: bytes that a value must hold, a field with its value as our codec writes it, at whatever depth.
    """

    table: str
    limit: int
    prefix: bytes = b""
    start: bytes = b""
    stop: bytes | None = None
    where: dict[str, str] = {}
    holding: bytes = b""

    def fits(self, value: bytes) -> bool:
        """Whether a value is one of those asked for."""
        if self.holding not in value:
            return False
        if not self.where:
            return True
        fields = _FIELDS.decode(value)
        return all(bytes(fields.get(name, b"")) == msgspec.json.encode(wanted) for name, wanted in self.where.items())


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One entry of a table, as stored."""

    key: bytes
    value: bytes
    partition: int


class Part(msgspec.Struct):
    """What some partitions hold of a range. `upto`: nothing is known beyond this key; None: that was all of it."""

    entries: list[Entry]
    upto: bytes | None
    missing: list[int] = []
    late: bool = False
    positions: list[str] = []
    served_by: list[str] = []


def merged(parts: list[Part], limit: int, missing: list[int]) -> Part:
    """Put parts together, up to where all of them are known."""
    uptos = [part.upto for part in parts if part.upto is not None]
    upto = min(uptos, default=None)
    entries = list(merge(*(part.entries for part in parts), key=lambda entry: entry.key))
    if upto is not None:
        entries = [entry for entry in entries if entry.key <= upto]
    if len(entries) > limit:
        entries = entries[:limit]
        upto = entries[-1].key
    return Part(
        entries,
        upto,
        missing=missing,
        positions=[position for part in parts for position in part.positions],
        served_by=sorted({host for part in parts for host in part.served_by}),
    )


def cursor(part: Part) -> str | None:
    """Give what a caller sends back to go on after this page; None at the end."""
    return None if part.upto is None else base64.urlsafe_b64encode(part.upto).decode().rstrip("=")


def after(text: str | None) -> bytes:
    """Give the least key beyond a cursor. Raises Problem 400."""
    if text is None:
        return b""
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise malformed("This cursor was not given by us.", "cursor") from error
    return key + b"\x00"


async def in_order(tasks: list[Task], table: Table, wanted: Range) -> AsyncIterator[tuple[bytes, bytes, int]]:
    """Give the entries of some tasks in key order, giving way. Raises NotOwnerError when one is lost meanwhile."""
    turn = Turn()
    for key, value, partition in merge(*(_entries(task, table, wanted) for task in tasks)):
        yield key, value, partition
        if await turn.maybe_yield() and not all(task.serving for task in tasks):
            raise NotOwnerError
    if not all(task.serving for task in tasks):
        raise NotOwnerError


def _entries(task: Task, table: Table, wanted: Range) -> Iterable[tuple[bytes, bytes, int]]:
    for key, value in task.state.scan(table, wanted.prefix, wanted.start, wanted.stop):
        yield key, value, task.partition
