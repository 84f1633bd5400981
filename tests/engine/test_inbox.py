"""What a task takes in, in which order, and what it refuses."""

from types import SimpleNamespace
from typing import Any

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from app.engine.inbox import Inbox
from app.engine.transport import Fetch

A, B = TP("a", 0), TP("b", 0)


def records(tp: TP, *times: int, first: int = 0) -> list[Any]:
    return [SimpleNamespace(topic=tp.topic, offset=first + number, timestamp=time) for number, time in enumerate(times)]


def fetch(tp: TP, begin: int, end: int, epoch: int = 1, time: int = 0) -> Fetch:
    return Fetch(tp, records(tp, *[time] * (end - begin), first=begin), begin, end, epoch)


def inbox(*tps: TP, at: int = 0) -> Inbox:
    made = Inbox(set(tps), capacity=10)
    made.reset(1, dict.fromkeys(tps, at))
    return made


async def test_a_fetch_that_continues_the_position_is_taken() -> None:
    box = inbox(A)
    assert box.put(fetch(A, 0, 3))
    assert box.put(fetch(A, 3, 5))
    batch = await box.take(100)
    assert ([r.offset for r in batch.records], batch.position) == ([0, 1, 2, 3, 4], {"a": 5})


async def test_a_fetch_of_an_older_epoch_is_void() -> None:
    box = inbox(A)
    box.reset(7, {A: 0})
    assert box.put(fetch(A, 0, 3, epoch=6))
    assert len(box) == 0


async def test_a_fetch_after_a_gap_is_refused() -> None:
    assert not inbox(A).put(fetch(A, 2, 4))


async def test_a_fetch_that_begins_before_the_position_is_taken_from_the_position_on() -> None:
    box = inbox(A, at=2)
    assert box.put(fetch(A, 0, 4))
    assert [r.offset for r in (await box.take(100)).records] == [2, 3]


async def test_the_position_after_a_whole_fetch_passes_the_markers_behind_its_records() -> None:
    box = inbox(A)
    box.put(Fetch(A, records(A, 0, 0), 0, 9, 1))
    assert (await box.take(100)).position == {"a": 9}


async def test_a_batch_of_part_of_a_fetch_ends_behind_its_last_record() -> None:
    box = inbox(A)
    box.put(Fetch(A, records(A, 0, 0, 0), 0, 9, 1))
    assert (await box.take(2)).position == {"a": 2}
    assert (await box.take(2)).position == {"a": 9}


async def test_sources_are_merged_by_timestamp() -> None:
    box = inbox(A, B)
    box.put(Fetch(A, records(A, 1, 4, 5), 0, 3, 1))
    box.put(Fetch(B, records(B, 2, 3, 9), 0, 3, 1))
    merged = (await box.take(100)).records
    assert [r.timestamp for r in merged] == [1, 2, 3, 4, 5], "9 waits: what follows 5 may be earlier"


async def test_times_that_run_backwards_within_a_source_hold_up_nothing() -> None:
    box = inbox(A, B)
    box.put(Fetch(A, records(A, 1, 100, 2), 0, 3, 1))
    box.put(Fetch(B, records(B, 50), 0, 1, 1))
    out: list[int] = []
    while len(box):
        out += [r.timestamp for r in (await box.take(100)).records]
    assert out == [1, 50, 100, 2]


async def test_a_silent_source_holds_up_the_other_only_for_a_while() -> None:
    box = inbox(A, B)
    box.put(Fetch(A, records(A, 1), 0, 1, 1))
    assert len((await box.take(100)).records) == 1


@given(st.lists(st.integers(1, 6), max_size=8), st.integers(1, 7))
async def test_every_record_comes_out_once_and_in_order_however_it_was_cut(sizes: list[int], most: int) -> None:
    box, begin = inbox(A), 0
    for size in sizes:
        assert box.put(fetch(A, begin, begin + size))
        begin += size
    out: list[int] = []
    while len(box):
        out += [r.offset for r in (await box.take(most)).records]
    assert out == list(range(begin))
