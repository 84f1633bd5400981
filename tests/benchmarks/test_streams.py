"""What the Kafka Streams peer says of itself is read right."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.peers.contender import Restored
from benchmarks.peers.field import FIELD, TRUCKS
from benchmarks.peers.stage import Stage
from benchmarks.peers.streams import TUNED, Streams
from benchmarks.peers.trucking import Trucking

LOG = """state CREATED @1000000000
state REBALANCING @2000000000
owns 0,1,2,3 @2500000000
restoring 0 40 @3000000000
restoring 1 2 @3100000000
restored 1 2 @3200000000
restored 0 40 @3300000000
"""
STREAMS = Streams("streams", "defaults")


def worker(directory: Path, log: str) -> Any:
    (directory / "log").write_text(log)
    return SimpleNamespace(log=directory / "log")


async def test_a_restore_counts_from_the_first_partition_and_ends_when_it_runs(tmp_path: Path) -> None:
    assert await STREAMS.restored(worker(tmp_path, LOG)) == Restored(42, ready=False, since=3.0)
    assert await STREAMS.restored(worker(tmp_path, LOG + "state RUNNING @4\n")) == Restored(42, ready=True, since=3.0)


async def test_one_that_has_said_nothing_has_restored_and_owns_nothing(tmp_path: Path) -> None:
    silent = worker(tmp_path, "")
    assert await STREAMS.restored(silent) == Restored(0, ready=False)
    assert await STREAMS.owned(silent) == set()


async def test_it_owns_what_it_said_last(tmp_path: Path) -> None:
    assert await STREAMS.owned(worker(tmp_path, LOG + "owns 4,5 @5\n")) == {4, 5}


async def test_one_that_lost_everything_owns_nothing(tmp_path: Path) -> None:
    assert await STREAMS.owned(worker(tmp_path, LOG + "owns  @5\n")) == set()


def test_trucks_have_a_changelog_to_be_proved_by_only_where_they_are_kept() -> None:
    stage = Stage("", "streams-1-", Path(), services=("trucking",))
    kept, bare = (Trucking("trucks", "defaults", table=table) for table in (True, False))
    assert (kept.program(stage)[-1], kept.trucks(stage)) == ("true", "streams-1-judge-trucks-changelog")
    assert (bare.program(stage)[-1], bare.trucks(stage)) == ("false", None)


def test_the_tuned_settings_are_those_of_w1() -> None:
    w1, w2 = (next(one for one in among if one.key == "streams-tuned") for among in (FIELD, TRUCKS))
    assert {name: w2.settings[name] for name in TUNED} == {name: w1.settings[name] for name in TUNED}
    assert w2.settings["JVM"] == w1.settings["JVM"]
