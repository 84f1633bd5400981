"""Who takes part, and in which order."""

import pytest

from benchmarks.peers.contender import Contender
from benchmarks.peers.field import FIELD, PAIR, TRUCKS, named, rotated


def test_each_run_begins_with_another_contender() -> None:
    assert [rotated("abc", run) for run in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


@pytest.mark.parametrize("among", [FIELD, PAIR, TRUCKS])
def test_every_contender_has_a_key_and_a_name_of_its_own(among: tuple[Contender, ...]) -> None:
    assert len({one.key for one in among}) == len({one.system for one in among}) == len(among)


def test_some_may_be_named_and_none_means_all() -> None:
    assert [one.key for one in named(["faust", "kawka-1"])] == ["kawka-1", "faust"]
    assert named([]) == list(FIELD)
    assert named([], PAIR) == list(PAIR)
    assert named(["streams-2"], TRUCKS) == [TRUCKS[1]]


def test_a_name_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="unknown: flink; there are kawka-1, "):
        named(["flink"])
