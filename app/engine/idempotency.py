"""Which commands were decided already: a fold of the results topic. One sent again has no second effect."""

from typing import NamedTuple

from app.engine.table import KafkaRecord

COMMAND_ID = "command-id"
FINGERPRINT = "fingerprint"


class Decided(NamedTuple):
    """A command that has its result: what it asked (8 bytes), where the result lies, when (ms)."""

    fingerprint: bytes
    offset: int
    at_ms: int


class DecidedCommands:
    """(aggregate id, command id) -> Decided, bounded by age (s) and count, the oldest go first.

    It keeps a result's offset, not the result: 50,000 of those would be 50 MB a partition, and are rarely asked for.
    """

    def __init__(self, max_age_s: int, max_count: int) -> None:
        self._max_age_ms = max_age_s * 1000
        self._max_count = max_count
        self._entries: dict[tuple[bytes, str], Decided] = {}  # insertion order is age order

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes, command_id: str) -> Decided | None:
        """Give what is known of a command, None when it was never decided or long ago."""
        return self._entries.get((key, command_id))

    def add(self, key: bytes, command_id: str, decided: Decided) -> None:
        """Remember a decided command; forget those that are too old or too many."""
        entries = self._entries
        entries[key, command_id] = decided
        oldest_ms = decided.at_ms - self._max_age_ms
        while True:
            first = next(iter(entries))
            if len(entries) <= self._max_count and entries[first].at_ms >= oldest_ms:
                return
            del entries[first]

    def fold(self, record: KafkaRecord) -> None:
        """Take in a record of the results topic; one without our headers is somebody else's and says nothing."""
        headers = dict(record.headers)
        command_id, fingerprint = headers.get(COMMAND_ID), headers.get(FINGERPRINT)
        if record.key is not None and command_id is not None and fingerprint is not None:
            self.add(record.key, command_id.decode(), Decided(fingerprint, record.offset, record.timestamp))

    def clear(self) -> None:
        """Forget everything, to be folded anew."""
        self._entries.clear()
