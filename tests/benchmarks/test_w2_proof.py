"""A run of W2 counts only when every output is right: each way to be wrong has its sentence."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from benchmarks.peers.w2_proof import Proof
from benchmarks.trucks import DRIVERS, EVERY, KINDS, drivers, positions

COUNT = 40 * EVERY
HOUR_MS = 3_600_000
POSITIONS = [one for number, one in enumerate(positions(COUNT, rate=2)) if number % EVERY == 0]


def record(key: bytes, value: dict[str, Any], at: int = 0, offset: int = 0) -> Any:
    return SimpleNamespace(topic="t", partition=0, offset=offset, key=key, value=orjson.dumps(value), timestamp=at)


def dangerous() -> list[Any]:
    return [record(one.key, orjson.loads(one.value), offset=n) for n, one in enumerate(POSITIONS)]


def by_type() -> list[Any]:
    values = [orjson.loads(one.value) for one in POSITIONS]
    return [record(value["eventType"].encode(), value, value["timestamp"]) for value in values]


def joined(driver: Callable[[int], dict[str, int] | None] = lambda number: {"id": number}) -> list[Any]:
    values = [orjson.loads(one.value) for one in POSITIONS]
    return [record(b"%d" % value["driverId"], value | {"driver": driver(value["driverId"])}) for value in values]


def windowed(proof: Proof) -> list[Any]:
    return [
        record(
            window.type.encode(),
            {
                "windowStart": window.start,
                "windowEnd": window.end,
                "size": window.end - window.start,
                "eventType": window.type,
                "count": count,
            },
        )
        for window, count in proof.expected.closed().items()
    ]


def proof(**instead: list[Any]) -> Proof:
    one = Proof(COUNT)
    one.dangerous(instead.get("dangerous", dangerous()))
    one.by_type(instead.get("by_type", by_type()))
    one.joined(instead.get("joined", joined()))
    one.windowed(instead.get("windowed") or windowed(one))
    return one


def test_a_right_run_has_no_faults_and_says_where_its_outputs_end() -> None:
    right = proof()
    assert right.faults() == ()
    assert list(right.ends.values()) == [0]  # of the windows, which came last here


@pytest.mark.parametrize(("output", "name"), [("dangerous", "dangerous"), ("by_type", "by type"), ("joined", "joined")])
def test_a_dangerous_position_too_few_or_too_many_is_a_fault(output: str, name: str) -> None:
    records = {"dangerous": dangerous, "by_type": by_type, "joined": joined}[output]()
    for wrong in (records[:-1], [*records, records[0]]):
        assert f"{name}: not every dangerous position once" in proof(**{output: wrong}).faults()


def test_a_driver_that_is_another_or_none_is_a_fault() -> None:
    for driver in (lambda number: {"id": (number + 1) % DRIVERS}, lambda _: None):
        assert proof(joined=joined(driver)).faults() == (f"{len(POSITIONS)} joined without their driver",)


def test_a_record_under_the_key_of_another_is_a_fault() -> None:
    first, *others = dangerous()
    wrong = record(b"nobody", orjson.loads(first.value))
    assert proof(dangerous=[wrong, *others]).faults() == ("1 records have a key or a time that is not theirs",)


def test_a_window_that_is_missing_wrong_repeated_or_too_early_is_a_fault() -> None:
    right = windowed(proof())
    few = len(right)
    value = orjson.loads(right[0].value)
    wrong = record(right[0].key, value | {"count": value["count"] + 1})
    assert proof(windowed=right[1:]).faults() == (f"1 of {few} windows that closed have another count or none",)
    assert proof(windowed=[wrong, *right[1:]]).faults() == (
        f"1 of {few} windows that closed have another count or none",
    )
    assert proof(windowed=[*right, right[0]]).faults() == ("1 windows came more than once",)
    later = {name: value[name] + HOUR_MS for name in ("windowStart", "windowEnd")}
    early = record(right[0].key, value | later)
    assert proof(windowed=[*right, early]).faults() == ("1 windows came that did not close",)


def test_trucks_where_they_are_kept_have_all_positions() -> None:
    for events, said in ((COUNT, ()), (COUNT - 1, (f"the trucks have {COUNT - 1} positions, 40 dangerous",))):
        one = proof()
        one.trucks([record(b"7", {"events": 1, "dangerous": 0})])
        one.trucks([record(b"7", {"events": events - 3, "dangerous": 38}), record(b"8", {"events": 3, "dangerous": 2})])
        assert one.faults() == said


def test_records_have_the_time_of_their_position_and_drivers_are_known_before() -> None:
    assert all(one.timestamp_ms == orjson.loads(one.value)["timestamp"] for one in POSITIONS)
    assert {orjson.loads(one.value)["eventType"] for one in POSITIONS} == set(KINDS)
    first = min(one.timestamp_ms or 0 for one in POSITIONS)
    assert all((one.timestamp_ms or first) < first for one in drivers())
