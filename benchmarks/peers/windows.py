"""What windows must hold: an oracle that counts a topic in the order in which its partitions have it."""

from collections import Counter
from typing import NamedTuple

SPANS = ((20_000, 20_000), (60_000, 30_000))  # size and advance, ms: contract.md
GRACE_MS = 5_000


class Window(NamedTuple):
    """A window of one type of event."""

    start: int
    end: int
    type: str


class Windows:
    """Stream time is the latest time a partition has seen; what comes later than end and grace is not counted."""

    def __init__(self) -> None:
        self.late = 0  # records that missed a window of theirs
        self._counts: dict[int, Counter[Window]] = {}
        self._times: dict[int, int] = {}

    def take(self, partition: int, kind: str, at: int) -> None:
        """Count the next record of a partition."""
        now = self._times[partition] = max(at, self._times.get(partition, 0))
        counts = self._counts.setdefault(partition, Counter())
        missed = False
        for size, advance in SPANS:
            for start in range(at // advance * advance, at - size, -advance):
                if start + size + GRACE_MS > now:
                    counts[Window(start, start + size, kind)] += 1
                else:
                    missed = True
        self.late += missed

    def closed(self) -> dict[Window, int]:
        """Give the windows that are final, with their counts."""
        return {
            window: count
            for partition, counts in self._counts.items()
            for window, count in counts.items()
            if window.end + GRACE_MS <= self._times[partition]
        }
