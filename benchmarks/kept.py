"""Figures worth keeping: results/NAME.json for programs, NAME.md for people, with the machine they are of."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from benchmarks.outcome import Outcome, text

DIRECTORY = Path(__file__).parent / "results"
PACKAGES = ("faust-streaming", "aiokafka", "rocksdict", "msgspec", "uvloop")


def save(name: str, runs: list[Outcome], medians: list[Outcome]) -> None:
    """Write every run and the medians, over what was kept of this benchmark before."""
    about = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "versions": {p: version(p) for p in PACKAGES}}
    kept = about | {"medians": [one.line() for one in medians], "runs": [one.line() for one in runs]}
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    (DIRECTORY / f"{name}.md").write_text(markdown(name, medians, about["at"]))


def markdown(name: str, medians: list[Outcome], at: object) -> str:
    """Lay out the medians as a Markdown table."""
    names = list(dict.fromkeys(figure for outcome in medians for figure in outcome.figures))
    rows = [["system", "workers", *(figure.replace("_", " ") for figure in names), "verified"]]
    for outcome in medians:
        figures = [text(outcome.figures.get(figure)) for figure in names]
        rows.append([outcome.system, str(outcome.workers), *figures, "no" if outcome.faults else "yes"])
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(
        [f"# {name}, medians", "", f"{at}, {machine()}. Made by `python -m benchmarks {name} --save`.", "", *lines, ""]
    )


def machine() -> str:
    """Say what was measured on: cores and processor, nothing that names it."""
    try:
        models = [
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ]
    except OSError:
        models = []
    model = models[0] if models else platform.machine()
    return f"{len(os.sched_getaffinity(0))} cores, {model}, Python {platform.python_version()}"
