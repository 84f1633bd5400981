"""What a benchmark found: one line for programs, one row of a table for people."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

Value = float | int | str | bool | None


class Outcome(NamedTuple):
    """One measured system in one run. `faults` says what is wrong with its outputs: with any, it does not count."""

    benchmark: str
    system: str
    workers: int
    figures: Mapping[str, Value]
    faults: tuple[str, ...] = ()

    def line(self) -> dict[str, Any]:
        """Give the object of `--json` (contract.md)."""
        line: dict[str, Any] = {"benchmark": self.benchmark, "system": self.system, "workers": self.workers}
        line.update(self.figures)
        line["verified"] = not self.faults
        return line | ({"faults": list(self.faults)} if self.faults else {})


def quantile(values: Sequence[float], share: float) -> float:
    """Give the least of `values` that `share` of them do not exceed (nearest rank). Errors: ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def medians(runs: Sequence[Outcome]) -> Outcome:
    """Give the median of each figure of several runs of one system, with the lowest and highest rate beside it."""
    first = runs[0]
    figures: dict[str, Value] = {"runs": len(runs)}
    for name, value in first.figures.items():
        values = [run.figures.get(name) for run in runs]
        numbers = [one for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)]
        figures[name] = round(median(numbers), 3) if len(numbers) == len(runs) else value
    rates = [one for run in runs if isinstance(one := run.figures.get("rate_per_s"), (int, float))]
    if rates:
        figures |= {"rate_min_per_s": min(rates), "rate_max_per_s": max(rates)}
    return first._replace(figures=figures, faults=tuple(fault for run in runs for fault in run.faults))


def show(outcomes: Iterable[Outcome], console: Console, *, as_json: bool) -> None:
    """Print outcomes: one JSON object a line, or a table for each benchmark."""
    outcomes = list(outcomes)
    if as_json:
        for outcome in outcomes:
            print(msgspec.json.encode(outcome.line()).decode(), flush=True)
        return
    for benchmark in dict.fromkeys(outcome.benchmark for outcome in outcomes):
        console.print(table([outcome for outcome in outcomes if outcome.benchmark == benchmark]))


def table(outcomes: Sequence[Outcome]) -> Table:
    """Lay out outcomes of one benchmark: a row each."""
    names = list(dict.fromkeys(name for outcome in outcomes for name in outcome.figures))
    grid = Table(title=outcomes[0].benchmark, box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("system", "workers", *names, "verified"):
        grid.add_column(name.replace("_", " "), justify="left" if name == "system" else "right")
    for outcome in outcomes:
        cells = [text(outcome.figures.get(name)) for name in names]
        verdict = "; ".join(outcome.faults) if outcome.faults else "yes"
        grid.add_row(outcome.system, str(outcome.workers), *cells, verdict, style="red" if outcome.faults else "")
    return grid


def text(value: Value) -> str:
    """Write a figure for people: thousands apart, no false precision."""
    if value is None:
        return "-"
    if isinstance(value, (bool, str)):
        return str(value)
    return (
        f"{value:,.0f}"
        if abs(value) >= 1000 or value == int(value)
        else f"{value:,.1f}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )
