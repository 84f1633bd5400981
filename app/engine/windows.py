"""Windows over event time: one final record each, when stream time has passed its end and the grace.

Stream time is the greatest timestamp a task has seen. It stands in the same table as the open windows, so a crash, a
restart or a rebalance between two records changes nothing. A partition that falls silent is moved on by timer records
(`idle_payload`): each says what stream time it makes, reckoned from stream time, so that old data is not made late.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from app import topics
from app.engine.table import Table

if TYPE_CHECKING:
    from app.engine.state import State
    from app.engine.transaction import Transaction

_CLOCK = b"\x00"  # sorts before every window: their keys begin with the time of their end, which is after 1970


class Span(NamedTuple):
    """How windows are cut: `size` ms long, one begins every `advance` ms; equal for tumbling windows."""

    size: int
    advance: int

    def starts(self, timestamp: int) -> Iterator[int]:
        """Give the starts of all windows that contain `timestamp`, the earliest first."""
        first = (timestamp - self.size) // self.advance * self.advance + self.advance
        yield from range(max(0, first), timestamp + 1, self.advance)


class Window(NamedTuple):
    """One window of one key."""

    start: int
    end: int
    key: bytes


class _Clock(msgspec.Struct, frozen=True, array_like=True):
    time: int = -1  # stream time, ms
    next_end: int = -1  # the earliest end of an open window, -1 when none is open


Emit = Callable[["Transaction", Window, int], None]
Late = Callable[["Transaction", Any, int], None]


class WindowedCount:
    """Counts records by key in windows of several spans; a handler's helper.

    `emit(tx, window, count)` is called once for each window, in order of end, size and key. `late(tx, record, missed)`
    is called for a record that came after `missed` of its windows were final.
    """

    def __init__(self, name: str, spans: tuple[Span, ...], grace_ms: int, emit: Emit, late: Late) -> None:
        self.table = Table(
            name,
            topics.changelog(name),
            about="Open windows and the stream time of their partition",
            decode=msgspec.json.decode,
            encode=msgspec.json.encode,
            internal=True,
        )
        self._spans = spans
        self._grace = grace_ms
        self._emit = emit
        self._late = late

    def count(self, tx: "Transaction", record: Any) -> None:
        """Take in a record: count it in its open windows, then make final those that its time closes."""
        clock = self._clock(tx.get(self.table, _CLOCK))
        now, next_end, missed = max(clock.time, record.timestamp), clock.next_end, 0
        for span in self._spans:
            for start in span.starts(record.timestamp):
                end = start + span.size
                if end + self._grace <= now:
                    missed += 1
                    continue
                key = _key(end, span.size, record.key)
                tx.put(self.table, key, (tx.get(self.table, key) or 0) + 1)
                next_end = end if next_end < 0 else min(next_end, end)
        if missed:
            self._late(tx, record, missed)
        self._advance(tx, now, next_end)

    def advance(self, tx: "Transaction", payload: bytes) -> None:
        """Take in a timer record of silence."""
        clock = self._clock(tx.get(self.table, _CLOCK))
        self._advance(tx, max(clock.time, int(payload)), clock.next_end)

    def idle_payload(self, idle_ms: int) -> "Callable[[State], bytes | None]":
        """Give what silence of `idle_ms` means for a partition: time went on by as much, if a window waits for it."""

        def payload(state: "State") -> bytes | None:
            clock = self._clock(state.get(self.table, _CLOCK))
            return None if clock.next_end < 0 else b"%d" % (clock.time + idle_ms)

        return payload

    def _advance(self, tx: "Transaction", now: int, next_end: int) -> None:
        if next_end >= 0 and next_end + self._grace <= now:
            final = now - self._grace + 1  # windows that end before this are final
            for key, count in tx.scan(self.table, stop=_key(final, 0, b"")):
                if key != _CLOCK:
                    self._emit(tx, _window(key), count)
                    tx.put(self.table, key, None)
            left = next((key for key, _ in tx.scan(self.table) if key != _CLOCK), None)
            next_end = -1 if left is None else _window(left).end
        tx.put(self.table, _CLOCK, _Clock(now, next_end))

    @staticmethod
    def _clock(value: Any) -> _Clock:
        return value if isinstance(value, _Clock) else _Clock() if value is None else _Clock(*value)


def _key(end: int, size: int, key: bytes) -> bytes:
    """Give the key of a window: in order of end, then size, then key. Stored: do not change."""
    return end.to_bytes(8, "big") + size.to_bytes(8, "big") + key


def _window(key: bytes) -> Window:
    end, size = int.from_bytes(key[:8], "big"), int.from_bytes(key[8:16], "big")
    return Window(end - size, end, key[16:])
