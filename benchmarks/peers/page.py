"""One page of all workloads, from the files there are: the aims, tables with medians and spread, plots.

A workload may be run again alone: its file is written anew, and the page is put together anew.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.kept import DIRECTORY
from benchmarks.outcome import Outcome, text
from benchmarks.peers import aims, plot, shape
from benchmarks.peers.found import SAME, best, outcome, same

COLUMNS = {
    "w1": ("rate_per_s", "with_warm_up_per_s", "cpu_us_per_item", "rss_mb", "disk_mb", "kafka_mb", "crowding"),
    "w2": ("rate_per_s", "cpu_us_per_item", "rss_mb", "disk_mb", "kafka_mb", "crowding", "windows", "late"),
    "latency": ("at_rate_per_s", "p50_ms", "p99_ms", "max_ms", "cpu_us_per_item", "rss_mb", "crowding"),
    "restore": ("keys", "records", "rate_per_s", "restore_s", "start_to_ready_s", "rss_mb", "disk_mb"),
    "failover": ("at_rate_per_s", "partitions_lost", "all_moving_s", "stall_lost_s", "stall_kept_s"),
    "shape": ("partitions", "keys", "rate_per_s", "cpu_us_per_item", "rss_mb", "disk_mb"),
}
WHAT = {
    "w1": "W1: commands a second (after a warm-up that counts apart)",
    "w2": "W2: truck positions a second, from the moment they show to the last output (after a warm-up)",
    "latency": "Latency: from a command handed to a client to its committed result seen",
    "restore": "Restore: a directory lost, the state of all keys brought back from Kafka",
    "failover": "Failover: kill -9 of one of two processes under a rate",
    "shape": "Shape: what a command costs as partitions and keys grow",
}


def page(directory: Path = DIRECTORY) -> str:
    """Put the page and the plots together from the files there are; the page."""
    kept = {
        name: msgspec.json.decode(file.read_bytes()) for name in COLUMNS if (file := _file(directory, name)).exists()
    }
    runs = {name: [outcome(line) for line in one["runs"]] for name, one in kept.items()}
    middle = {name: best(found) for name, found in runs.items()}
    parts = [
        "# Beside its peers",
        "",
        "Made by `make bench-full` or `make bench`; how it is fair: docs/benchmarks.md.",
        "",
    ]
    parts += [*_aims([one for found in middle.values() for one in found]), "![all](peers.svg)", ""]
    for name, one in kept.items():
        parts += _section(name, one, middle[name], runs[name])
    (directory / "peers.svg").write_text(plot.bars(_charts(middle, runs)))
    for across, svg in _shapes(middle.get("shape", [])).items():
        (directory / f"peers-{across}.svg").write_text(svg)
        parts += [f"![{across}](peers-{across}.svg)", ""]
    written = "\n".join(parts)
    (directory / "peers.md").write_text(written)
    return written


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out rows, of which the first is the head, as Markdown; text left, the rest right."""
    ruler = ["---", *["---:"] * (len(rows[0]) - 1)]
    return [f"| {' | '.join(row)} |" for row in (rows[0], ruler, *rows[1:])]


def _file(directory: Path, name: str) -> Path:
    return directory / f"peers-{name}.json"


def _aims(found: Sequence[Outcome]) -> list[str]:
    rows = [["what", "ratio", "wanted", ""]]
    rows += [
        [one.aim.what, "-" if one.ratio is None else f"{one.ratio:.2f}", one.wanted, one.mark]
        for one in aims.judged(found)
    ]
    return ["## Aims (issue 6)", "", *table(rows), ""]


def _section(name: str, kept: Mapping[str, Any], middle: Sequence[Outcome], runs: Sequence[Outcome]) -> list[str]:
    rows = [["system", "workers", "runs", *(column.replace("_", " ") for column in COLUMNS[name]), "verified"]]
    for one in sorted(middle, key=_place):
        counted = same(one, runs)
        cells = [_cell(one, column, counted) for column in COLUMNS[name]]
        verified = "yes" if not one.faults else f"no: {one.faults[0][:80]}".replace("|", "/").replace("\n", " ")
        rows.append([one.system, str(one.workers), f"{len(counted)}", *cells, verified])
    about = f"{kept['at']} UTC, {kept['machine']}, {kept['memory_gb']} GB, load before {kept['load_before']}"
    versions = ", ".join(f"{package} {number}" for package, number in kept["versions"].items())
    wrong = [f"- did not count: {one.system}: {fault}" for one in runs for fault in one.faults]
    skipped = [f"- skipped: {system}: {why}" for system, why in kept["skipped"].items()]
    return [f"## {WHAT[name]}", "", f"{about}; {versions}. Median (lowest - highest).", "", *table(rows), "",
            *wrong, *skipped, *([""] if wrong or skipped else [])]  # fmt: skip


def _place(one: Outcome) -> tuple[float, ...]:
    """Sort by what was asked of them, then the quickest first; where there is no rate they stay as they are."""
    asked = [value for name in SAME[1:] if isinstance(value := one.figures.get(name), (int, float))]
    rate = one.figures.get("rate_per_s")
    return (*asked, -rate if isinstance(rate, (int, float)) else 0.0)


def _cell(one: Outcome, column: str, runs: Sequence[Outcome]) -> str:
    values = [value for run in runs if isinstance(value := run.figures.get(column), (int, float))]
    written = text(one.figures.get(column))
    if len(values) < 2 or min(values) == max(values):
        return written
    return f"{written} ({text(min(values))} - {text(max(values))})"


def _charts(middle: Mapping[str, Sequence[Outcome]], runs: Mapping[str, Sequence[Outcome]]) -> list[plot.Chart]:
    def chart(name: str, title: str, figure: str, **where: object) -> plot.Chart:
        bars = []
        for one in middle.get(name, []):
            value = one.figures.get(figure)
            fits = all(one.figures.get(key) == wanted for key, wanted in where.items())
            if fits and not one.faults and isinstance(value, (int, float)):
                values = [float(run.figures[figure] or 0) for run in same(one, runs[name])] or [value]
                label = one.system.replace("exactly_once_v2, ", "").replace(", exactly once", "")[:52]
                ours = str(one.figures.get("key", "")).startswith("kawka")
                bars.append(plot.Bar(label, value, min(values), max(values), ours))
        return plot.Chart(title, sorted(bars, key=lambda bar: bar.value, reverse=True))

    charts = [
        chart("w1", "W1: commands a second (longer is better)", "rate_per_s"),
        chart("w1", "W1: CPU microseconds a command (shorter is better)", "cpu_us_per_item"),
        chart("w2", "W2: truck positions a second (longer is better)", "rate_per_s"),
        chart("w2", "W2: CPU microseconds a position (shorter is better)", "cpu_us_per_item"),
        chart("latency", "Latency at 500/s, p99 in ms (shorter is better)", "p99_ms", at_rate_per_s=500),
        chart("restore", "Restore: records a second (longer is better)", "rate_per_s"),
        chart("failover", "kill -9: seconds until all partitions move (shorter is better)", "all_moving_s"),
    ]
    return [one for one in charts if one.bars]


def _shapes(middle: Sequence[Outcome]) -> dict[str, str]:
    found = {}
    for across, other, fixed in (("partitions", "keys", shape.KEYS), ("keys", "partitions", shape.PARTITIONS)):
        series: dict[str, list[tuple[float, float]]] = {}
        for one in middle:
            x, y = one.figures.get(across), one.figures.get("rate_per_s")
            if one.figures.get(other) == fixed and isinstance(x, (int, float)) and isinstance(y, (int, float)):
                series.setdefault(one.system, []).append((x, y))
        if series:
            found[across] = plot.lines(f"Commands a second as {across} grow", across, series)
    return found
