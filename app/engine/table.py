"""Tables as an agent declares them: a name, a codec, and the topic they can be restored from."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from app.topics import Topic


class KafkaRecord(Protocol):
    """The part of a record that tables are restored from."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


Entry = tuple[bytes, bytes | None]


def same_key(record: KafkaRecord) -> Entry | None:
    """Restore a changelog record as it stands: key and value, a null value deletes."""
    return None if record.key is None else (record.key, record.value)


class Keys(NamedTuple):
    """How people write a table's keys.

    `parse` gives (key of the topic's record, key of the table), ValueError if it cannot; `bound` where a range begins
    or ends; `show` is the way back.
    """

    help: str
    parse: Callable[[str], tuple[bytes, bytes]]
    bound: Callable[[str], bytes]
    show: Callable[[bytes], str]


TEXT = Keys(
    "text",
    lambda text: (text.encode(), text.encode()),
    str.encode,
    lambda key: key.decode(errors="backslashreplace"),
)


class Table:
    """Current state by key, one part of it in each task of its agent.

    `topic` is its compacted changelog, or, with `changelog=False`, the topic that it is a fold of; `entry` says which
    entry a record of that topic means. `cached=False` keeps no decoded values, where they are seldom read again.
    `decode` and `encode` give and take the value an agent works with.
    """

    def __init__(
        self,
        name: str,
        topic: Topic,
        *,
        about: str,
        decode: Callable[[bytes], Any] = bytes,
        encode: Callable[[Any], bytes] = bytes,
        entry: Callable[[KafkaRecord], Entry | None] = same_key,
        changelog: bool = True,
        cached: bool = True,
        json: bool = True,
        internal: bool = False,
        keys: Keys = TEXT,
    ) -> None:
        self.name = name
        self.topic = topic
        self.about = about
        self.decode = decode
        self.encode = encode
        self.entry = entry
        self.changelog = changelog
        self.cached = cached
        self.json = json
        self.internal = internal
        self.keys = keys
        self.prefix = name.encode() + b"\x00"
        self.label = self.shortlabel = f"Table: {name}"  # what `faust tables` and Faust's service tree show
        self.is_global = False  # asked by Faust's assignor: no table here is copied to every worker

    def __repr__(self) -> str:
        return f"<Table {self.name}>"

    def bounds(self, prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> tuple[bytes, bytes]:
        """Give the store's key range for the keys that begin with `prefix` and lie in [start, stop)."""
        low = self.prefix + max(prefix, start)
        high = _after(self.prefix + prefix)
        if stop is not None:
            high = min(high, self.prefix + stop)
        return low, max(low, high)

    def strip(self, entries: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        """Turn the store's keys back into the table's."""
        cut = len(self.prefix)
        for key, value in entries:
            yield key[cut:], value


def _after(prefix: bytes) -> bytes:
    """Give the least key above every key that begins with prefix; a prefix here never ends in 0xff alone."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1])
