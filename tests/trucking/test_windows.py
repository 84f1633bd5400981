"""Windows close once, with every event that came in time, also across a crash."""

import signal
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import topics
from app.engine.windows import Span
from tests.oracle import read_topic
from tests.trucking.conftest import T0, Trucking, position
from tests.workers import eventually

S = 1000


@given(st.integers(0, 10**13), st.sampled_from([(20_000, 20_000), (60_000, 30_000), (60_000, 7_000)]))
def test_a_timestamp_lies_in_every_window_that_is_named_for_it_and_in_no_other(at: int, cut: tuple[int, int]) -> None:
    span = Span(*cut)
    starts = list(span.starts(at))
    assert all(start <= at < start + span.size and start % span.advance == 0 for start in starts)
    first = max(0, (at - span.size) // span.advance * span.advance)
    assert starts == [s for s in range(first, at + 1, span.advance) if s <= at < s + span.size]


def events(*seconds: float, kind: str = "Overspeed") -> list[dict[str, Any]]:
    return [position(at=T0 + int(second * S), kind=kind) for second in seconds]


def window(found: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    return [((one["windowStart"] - T0) // S, one["size"] // S, one["count"]) for one in found]


async def test_a_window_is_final_once_when_stream_time_passes_its_end_and_grace(trucking: Trucking) -> None:
    trucking.cluster.start()
    await trucking.positions(*events(1, 2, 19, 21, 24.9, 3, 25.1))
    found = await trucking.read(topics.dangerous_driving_windowed, 1)
    assert window(found) == [(0, 20, 4)], "the event at 3 s came late, but within grace; the one at 25.1 s closed it"
    await trucking.positions(*events(65.1))
    found = await trucking.read(topics.dangerous_driving_windowed, 4)
    assert window(found) == [(0, 20, 4), (-30, 60, 7), (20, 20, 3), (0, 60, 7)]  # in order of end, then size


async def test_an_event_beyond_grace_is_kept_in_the_late_topic_and_not_counted(trucking: Trucking) -> None:
    trucking.cluster.start()
    await trucking.positions(*events(1, 100, 2))
    late = await trucking.read(topics.dangerous_late, 1)
    assert late == events(2)
    assert (0, 20, 1) in window(await trucking.read(topics.dangerous_driving_windowed, 3))


@pytest.mark.long
async def test_windows_survive_a_crash_between_their_events(trucking: Trucking) -> None:
    worker = trucking.cluster.start()
    await trucking.positions(*events(1, 2))
    await trucking.read(topics.dangerous_driving, 2)
    worker.signal(signal.SIGKILL)
    await worker.gone()
    worker.start()
    await trucking.positions(*events(3, 200))
    found = window(await trucking.read(topics.dangerous_driving_windowed, 3))
    assert Counter(found) == Counter([(0, 20, 3), (-30, 60, 3), (0, 60, 3)])


@pytest.mark.long  # silence moves time no faster than the clock
async def test_a_silent_partition_does_not_hold_its_windows_open(trucking: Trucking) -> None:
    trucking.cluster.start(KAWKA_WINDOW_IDLE_S="1")
    await trucking.positions(*events(1))
    found = await trucking.read(topics.dangerous_driving_windowed, 3, within=120)
    assert window(found) == [(0, 20, 1), (-30, 60, 1), (0, 60, 1)]

    async def nothing_is_left_open() -> bool:
        changes = await read_topic(
            trucking.cluster.broker, trucking.cluster.topic(topics.changelog("dangerous-windows"))
        )
        left = {record.key: record.value for record in changes}
        return [key for key, value in left.items() if value is not None and key != b"\x00"] == []

    await eventually(nothing_is_left_open)
