"""What may be watched, what a change of it looks like on the wire, and who watches."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from faust.types import TP

from app.topics import Topic
from views.answers import array, token

QUEUE_BYTES: Final = 4 << 20  # what may wait for a slow watcher


class Feed(NamedTuple):
    """A topic to watch: the name of its events, and, where each is for one origin only, how to tell which.

    `latest`: of changes of one key that come close together only the last is told, with those of other keys in one
    event, a JSON array, some times a second; `same` says which those are, where it is not the record's key.
    `fits`: which values are told, all where it is None.
    """

    topic: Topic
    event: str
    origin: Callable[[bytes], str | None] | None = None
    latest: bool = False
    fits: Callable[[bytes], bool] | None = None
    same: Callable[[Any], bytes] | None = None


class Change(NamedTuple):
    """One committed record; `origin` None: for everybody; `key` is None unless only the latest of it is told."""

    tp: TP
    offset: int
    event: str
    origin: str | None
    value: bytes
    key: bytes | None = None

    def text(self, position: str) -> bytes:
        """Write it as a server-sent event that resumes behind itself."""
        return event_text(self.event, position, self.value)


def change(feed: Feed, record: Any) -> Change | None:
    """Make of a record what it means to watchers.

    None for a deletion, a result that nobody is named for, and a value that does not fit.
    """
    value = record.value
    if value is None or (feed.fits is not None and not feed.fits(value)):
        return None
    origin = None if feed.origin is None else feed.origin(value)
    if feed.origin is not None and origin is None:
        return None
    same = feed.same or _key
    key = same(record) if feed.latest else None
    return Change(TP(record.topic, record.partition), record.offset, feed.event, origin, value, key)


def _key(record: Any) -> bytes:
    key: bytes = record.key or b""
    return key


def last_of_each(changes: Iterable[Change]) -> tuple[list[Change], dict[str, list[bytes]]]:
    """Part changes into those told one by one, and by event the latest values of those told together."""
    single: list[Change] = []
    latest: dict[tuple[str, bytes], bytes] = {}
    for each in changes:
        if each.key is None:
            single.append(each)
        else:
            latest.pop((each.event, each.key), None)
            latest[each.event, each.key] = each.value
    together: dict[str, list[bytes]] = {}
    for (event, _), value in latest.items():
        together.setdefault(event, []).append(value)
    return single, together


def event_text(event: str, position: str, data: bytes) -> bytes:
    """Write a server-sent event; its id is the position behind it."""
    lines = data.replace(b"\r", b"").replace(b"\n", b"\ndata: ")
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event.encode(), position.encode(), lines)


def tell(changes: Iterable[Change], seen: dict[TP, int]) -> bytes:
    """Write changes that somebody missed, moving `seen` along: of what is told together, the latest of each key."""
    changes = list(changes)
    single, together = last_of_each(changes)
    seen.update({each.tp: each.offset + 1 for each in changes if each.key is not None})
    position = token(seen)
    texts = [event_text(event, position, array(values)) for event, values in together.items()]
    for each in single:
        seen[each.tp] = each.offset + 1
        texts.append(each.text(token(seen)))
    return b"".join(texts)


class Watcher:
    """One who watches: what waits to be sent, bounded. `cut` is called when it is too slow, or the hub ends."""

    def __init__(self, origin: str | None, cut: Callable[[], None]) -> None:
        self.origin = origin
        self.cut = cut
        self._waiting: list[bytes] = []
        self._bytes = 0
        self._arrived = asyncio.Event()

    def hears(self, told: Change) -> bool:
        """Whether a change is for this one."""
        return told.origin is None or told.origin == self.origin

    def put(self, text: bytes) -> None:
        """Add an event to send."""
        self._waiting.append(text)
        self._bytes += len(text)
        self._arrived.set()
        if self._bytes > QUEUE_BYTES:
            self.cut()

    async def take(self, within_s: float) -> bytes:
        """Give what waits, joined; empty when nothing came within some seconds."""
        if not self._waiting:
            try:
                async with asyncio.timeout(within_s):
                    await self._arrived.wait()
            except TimeoutError:
                return b""
        joined = b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        self._arrived.clear()
        return joined
