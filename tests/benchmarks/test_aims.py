"""An aim is a ratio of what was measured in one run, and says when it was not."""

from typing import Any

import pytest

from benchmarks.outcome import Outcome
from benchmarks.peers.aims import AIMS, Aim, Side, judged
from benchmarks.peers.field import FIELD, PAIR, TRUCKS

FASTER = Aim("faster", Side("w1", "ours", "rate_per_s"), Side("w1", "theirs", "rate_per_s"), 3)
SHORTER = Aim("shorter", Side("w1", "ours", "p50_ms"), Side("w1", "theirs", "p50_ms"), 0.5, at_most=True)


def outcome(key: str, *faults: str, **figures: Any) -> Outcome:
    return Outcome("w1", key, 1, {"key": key, **figures}, faults)


def mark(aim: Aim, *found: Outcome) -> str:
    return judged(found, [aim])[0].mark


@pytest.mark.parametrize(("rate", "said"), [(299, "short"), (300, "reached")])
def test_a_rate_reaches_its_aim_at_the_bound(rate: int, said: str) -> None:
    assert mark(FASTER, outcome("ours", rate_per_s=rate), outcome("theirs", rate_per_s=100)) == said


@pytest.mark.parametrize(("wait", "said"), [(51, "short"), (50, "reached")])
def test_a_wait_reaches_its_aim_below_the_bound(wait: int, said: str) -> None:
    assert mark(SHORTER, outcome("ours", p50_ms=wait), outcome("theirs", p50_ms=100)) == said


def test_what_was_not_measured_is_said_not_to_be() -> None:
    assert mark(FASTER, outcome("ours", rate_per_s=9)) == "not measured"


def test_a_run_with_a_fault_counts_as_not_measured() -> None:
    wrong = outcome("ours", "two results", rate_per_s=900)
    assert mark(FASTER, wrong, outcome("theirs", rate_per_s=1)) == "not measured"


def test_a_side_may_be_picked_by_what_was_asked_of_it() -> None:
    aim = Aim("at 500", Side("w1", "ours", "p50_ms", {"at_rate_per_s": 500}), None, 10, at_most=True)
    found = [outcome("ours", p50_ms=99, at_rate_per_s=100), outcome("ours", p50_ms=7, at_rate_per_s=500)]
    assert judged(found, [aim])[0].ratio == 7


def test_what_has_no_bound_is_only_told() -> None:
    told = FASTER._replace(bound=None)
    one = judged([outcome("ours", rate_per_s=4), outcome("theirs", rate_per_s=2)], [told])[0]
    assert (one.ratio, one.mark, one.wanted) == (2, "", "")


def test_every_aim_is_about_contenders_there_are() -> None:
    keys = {one.key for one in (*FIELD, *PAIR, *TRUCKS)}
    sides = [side for aim in AIMS for side in (aim.ours, aim.theirs) if side is not None]
    assert {side.key for side in sides} <= keys
