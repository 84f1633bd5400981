"""The Python peers judge as ours do."""

import orjson

from benchmarks.peers.rules import judge
from benchmarks.workload import commands


def test_the_workload_is_judged_without_a_refusal_and_ends_paid() -> None:
    snapshots: dict[bytes, bytes] = {}
    events = 0
    for command in commands(20, "rules"):
        out = judge(command.key, command.value, snapshots.get(command.key), 1_790_000_000_000)
        assert orjson.loads(out.result)["ok"]
        assert out.snapshot is not None
        assert orjson.loads(out.result)["snapshot"] == orjson.loads(out.snapshot)
        snapshots[command.key] = out.snapshot
        events += len(out.events)
    assert {orjson.loads(snapshot)["status"] for snapshot in snapshots.values()} == {"Paid"}
    assert events == 22


def test_a_command_that_is_refused_leaves_the_snapshot_as_it_was() -> None:
    first = next(iter(commands(20, "rules")))
    made = judge(first.key, first.value, None, 0)
    out = judge(first.key, first.value, made.snapshot, 0)
    assert orjson.loads(out.result)["error"]["code"] == "already-exists"
    assert (out.events, out.snapshot) == ([], None)
