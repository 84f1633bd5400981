"""From the end of the warm-up to the last result: what shows is counted by offsets, markers between them or not."""

from aiokafka import TopicPartition

from benchmarks.watch import Sample, Watch
from benchmarks.worker import Use

A, B = TopicPartition("r", 0), TopicPartition("r", 1)


def watch(*ends: tuple[int, int]) -> Watch:
    one = Watch("", "", lambda: Use(0, 0))
    one.samples = [Sample(float(at), {A: a, B: b}, Use(0, 0)) for at, (a, b) in enumerate(ends)]
    return one


def test_results_are_counted_from_the_first_look_after_the_warm_up() -> None:
    offsets = {A: [0, 1, 3, 4], B: [0, 2]}  # what is missing are markers
    begin, before, end = watch((0, 0), (3, 0), (3, 2), (6, 2), (6, 4), (6, 5)).after(offsets, 3)
    assert (begin.at, before, end.at) == (2, 3, 4)


def test_a_warm_up_of_one_begins_with_the_first_result() -> None:
    begin, before, _ = watch((0, 0), (2, 0), (3, 2)).after({A: [0, 1], B: [0]}, 1)
    assert (begin.at, before) == (1, 2)
