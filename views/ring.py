"""The last changes of a feed, bounded by their bytes, for those who come back after a while."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from faust.types import TP

from views.feeds import Change

BYTES: Final = 8 << 20


class Ring:
    """Changes in the order they were read; of each partition it holds all that came since some offset."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque()
        self._bytes = 0
        self._from: dict[TP, int] = {}

    def begin(self, position: Mapping[TP, int]) -> None:
        """Forget everything: what comes now begins here."""
        self._changes.clear()
        self._bytes = 0
        self._from = dict(position)

    def add(self, change: Change) -> None:
        """Add a change; the oldest go."""
        self._changes.append(change)
        self._bytes += len(change.value)
        while self._bytes > BYTES:
            oldest = self._changes.popleft()
            self._bytes -= len(oldest.value)
            self._from[oldest.tp] = oldest.offset + 1

    def reaches(self, since: Mapping[TP, int]) -> bool:
        """Whether it holds all that came since a position."""
        return all(offset >= self._from[tp] for tp, offset in since.items())

    def between(self, since: Mapping[TP, int], until: Mapping[TP, int]) -> list[Change]:
        """Give the changes from one position to another."""
        return [each for each in self._changes if since[each.tp] <= each.offset < until[each.tp]]
