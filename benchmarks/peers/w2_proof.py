"""W2 is right when each dangerous position is everywhere once, with its own driver, and windows are as an oracle's."""

from array import array
from typing import Any

import orjson
from aiokafka import TopicPartition

from benchmarks.peers.windows import Window, Windows
from benchmarks.trucks import DRIVERS, EVERY


class Proof:
    """Takes in records of every output, each partition in order; `ends`: where the last one of each lies."""

    def __init__(self, count: int) -> None:
        self.ends: dict[TopicPartition, int] = {}
        self.expected = Windows()
        self._count = count
        self._seen = {name: array("q") for name in ("dangerous", "by type", "joined")}
        self._misplaced = self._unknown = 0
        self._windows: dict[Window, int] = {}
        self._repeated = 0
        self._trucks: dict[bytes, tuple[int, int]] | None = None

    def dangerous(self, records: list[Any]) -> None:
        """Take in records of dangerous_driving."""
        for record in records:
            position = self._position("dangerous", record)
            self._misplaced += record.key != b"%d" % position["truckId"]
        self._end(records)

    def joined(self, records: list[Any]) -> None:
        """Take in records of dangerous_driving_driver."""
        for record in records:
            position = self._position("joined", record)
            driver = position["truckId"] % DRIVERS
            self._misplaced += record.key != b"%d" % driver
            self._unknown += (position["driver"] or {}).get("id") != driver
        self._end(records)

    def by_type(self, records: list[Any]) -> None:
        """Take in records of the topic between dangerous driving and its windows."""
        for record in records:
            position = self._position("by type", record)
            self._misplaced += (record.key, record.timestamp) != (position["eventType"].encode(), position["timestamp"])
            self.expected.take(record.partition, record.key.decode(), record.timestamp)

    def windowed(self, records: list[Any]) -> None:
        """Take in records of dangerous_driving_windowed."""
        for record in records:
            value = orjson.loads(record.value)
            window = Window(value["windowStart"], value["windowEnd"], value["eventType"])
            self._repeated += window in self._windows
            self._misplaced += (record.key, value["size"]) != (window.type.encode(), window.end - window.start)
            self._windows[window] = value["count"]
        self._end(records)

    def trucks(self, records: list[Any]) -> None:
        """Take in records of the changelog of trucks."""
        self._trucks = {} if self._trucks is None else self._trucks
        for record in records:
            truck = orjson.loads(record.value)
            self._trucks[record.key] = truck["events"], truck["dangerous"]

    def faults(self) -> tuple[str, ...]:
        """Say what is wrong, in a sentence each; nothing when the run counts."""
        wanted = array("q", range(0, self._count, EVERY))
        checks = {
            f"{name}: not every dangerous position once": array("q", sorted(seen)) == wanted
            for name, seen in self._seen.items()
        }
        closed = self.expected.closed()
        wrong = sum(self._windows.get(window) != count for window, count in closed.items())
        checks |= {
            f"{self._misplaced} records have a key or a time that is not theirs": not self._misplaced,
            f"{self._unknown} joined without their driver": not self._unknown,
            "no window closed": bool(closed),
            f"{wrong} of {len(closed)} windows that closed have another count or none": not wrong,
            f"{len(self._windows.keys() - closed.keys())} windows came that did not close": self._windows.keys()
            <= closed.keys(),
            f"{self._repeated} windows came more than once": not self._repeated,
        }
        if self._trucks is not None:
            events, dangerous = (sum(one) for one in zip((0, 0), *self._trucks.values(), strict=True))
            right = (events, dangerous) == (self._count, len(wanted))
            checks[f"the trucks have {events} positions, {dangerous} dangerous"] = right
        return tuple(fault for fault, fine in checks.items() if not fine)

    def _position(self, name: str, record: Any) -> dict[str, Any]:
        position: dict[str, Any] = orjson.loads(record.value)
        self._seen[name].append(int(position["correlationId"]))
        return position

    def _end(self, records: list[Any]) -> None:
        self.ends[TopicPartition(records[-1].topic, records[-1].partition)] = records[-1].offset
