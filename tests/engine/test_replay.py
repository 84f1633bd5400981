"""How a replay cuts a task's sources into the transactions that there were."""

from app.engine.records import Record
from app.engine.replay import Position, slices


def record(topic: str, offset: int, timestamp: int) -> Record:
    return Record(topic, 0, offset, timestamp, b"key", b"value", ())


def cut(ends: list[Position], **sources: list[tuple[int, int]]) -> list[tuple[list[str], Position]]:
    """Give each slice as its records, written as topic and offset, and its position."""
    records = {topic: [record(topic, *one) for one in some] for topic, some in sources.items()}
    return [([f"{one.topic}{one.offset}" for one in found], position) for found, position in slices(records, ends)]


def test_within_a_transaction_the_earliest_record_comes_first() -> None:
    assert cut([], a=[(0, 10), (1, 30)], b=[(0, 20), (1, 5)]) == [(["a0", "b0", "b1", "a1"], {"a": 2, "b": 2})]


def test_of_records_of_the_same_time_the_first_topics_comes_first() -> None:
    assert cut([], b=[(0, 10)], a=[(0, 10), (1, 10)]) == [(["a0", "a1", "b0"], {"a": 2, "b": 1})]


def test_a_late_record_stays_in_the_transaction_that_took_it() -> None:
    ends = [{"a": 2, "b": 0}, {"a": 2, "b": 1}]
    assert cut(ends, a=[(0, 10), (1, 30)], b=[(0, 20)]) == [(["a0", "a1"], {"a": 2}), (["b0"], {"b": 1})]


def test_offsets_of_markers_are_passed_over() -> None:
    assert cut([{"a": 4}], a=[(0, 1), (2, 2), (5, 3)]) == [(["a0", "a2"], {"a": 3}), (["a5"], {"a": 6})]


def test_positions_that_no_record_lies_between_make_no_slice() -> None:
    assert cut([{"a": 0}, {"a": 1}, {"a": 2}], a=[(0, 1)]) == [(["a0"], {"a": 1})]
