"""How far the mails of a partition are done."""

from collections import deque


class Progress:
    """Mails are taken in order and done in any: committed may be where the first one begins that is not done."""

    def __init__(self) -> None:
        self.position: int | None = None  # everything before it is done
        self._open: deque[int] = deque()
        self._done: set[int] = set()
        self._next = 0

    def take(self, offset: int) -> None:
        """Begin with a mail."""
        self._open.append(offset)
        self._next = offset + 1

    def done(self, offset: int) -> bool:
        """End with a mail; whether the position moved."""
        self._done.add(offset)
        before = self.position
        while self._open and self._open[0] in self._done:
            self._done.remove(self._open.popleft())
            self.position = self._open[0] if self._open else self._next
        return self.position != before
