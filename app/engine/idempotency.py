"""Which commands were decided already: a fold of the results topic. One sent again has no second effect."""

from collections import deque
from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from app.engine.table import KafkaRecord

COMMAND_ID = "command-id"
FINGERPRINT = "fingerprint"
_WHERE = Struct(">qq")


class Decided(NamedTuple):
    """A command that has its result: what it asked (8 bytes), where the result lies, when (ms)."""

    fingerprint: bytes
    offset: int
    at_ms: int


class DecidedCommands:
    """(aggregate id, command id) -> Decided, bounded by age (s) and count, the oldest go first.

    It keeps a result's offset, not the result: 50,000 of those would be 50 MB a partition, and are rarely asked for.
    Entries are packed into bytes: half a million objects would be a burden on memory and the garbage collector.
    """

    def __init__(self, max_age_s: int, max_count: int) -> None:
        self._max_age_ms = max_age_s * 1000
        self._max_count = max_count
        self._entries: dict[bytes, bytes] = {}  # offset, time, fingerprint
        self._by_age: deque[bytes] = deque()  # a dict finds its first entry slowly when many before it were deleted

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes, command_id: str) -> Decided | None:
        """Give what is known of a command, None when it was never decided or long ago."""
        packed = self._entries.get(identify(key, command_id.encode()))
        return None if packed is None else Decided(packed[_WHERE.size :], *_WHERE.unpack_from(packed))

    def fingerprint(self, identity: bytes) -> bytes | None:
        """Give what a command asked, None as in `get`."""
        packed = self._entries.get(identity)
        return None if packed is None else packed[_WHERE.size :]

    def add(self, decided: Iterable[tuple[bytes, Decided]]) -> None:
        """Remember decided commands, in order; forget those that are too old or too many."""
        entries, by_age, pack, at_ms = self._entries, self._by_age, _WHERE.pack, 0
        for identity, (fingerprint, offset, at_ms) in decided:
            if identity not in entries:
                by_age.append(identity)
            entries[identity] = pack(offset, at_ms) + fingerprint
        oldest_ms = at_ms - self._max_age_ms
        while by_age and (len(entries) > self._max_count or _WHERE.unpack_from(entries[by_age[0]])[1] < oldest_ms):
            del entries[by_age.popleft()]

    def fold(self, records: Iterable[KafkaRecord]) -> None:
        """Take in records of the results topic; one without our headers is somebody else's and says nothing."""
        self.add(entry for entry in map(_entry, records) if entry is not None)

    def clear(self) -> None:
        """Forget everything, to be folded anew."""
        self._entries.clear()
        self._by_age.clear()


def _entry(record: KafkaRecord) -> tuple[bytes, Decided] | None:
    headers = dict(record.headers)
    command_id, fingerprint = headers.get(COMMAND_ID), headers.get(FINGERPRINT)
    if record.key is None or command_id is None or fingerprint is None:
        return None
    return identify(record.key, command_id), Decided(fingerprint, record.offset, record.timestamp)


def identify(key: bytes, command_id: bytes) -> bytes:
    """Give what tells a command from all others: its aggregate and its id."""
    return b"%b %b" % (key, command_id)  # ids hold no blanks
