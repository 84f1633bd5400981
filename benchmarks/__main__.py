"""`python -m benchmarks NAME`: runs a benchmark, prints what it found, and keeps it when asked."""

import importlib
import logging
import sys
from itertools import groupby

import click
import uvloop
from rich.console import Console

from app.local.errors import LocalError
from benchmarks import kept
from benchmarks.options import Options
from benchmarks.outcome import Outcome, medians, show

NAMES = {
    "w1": "benchmarks.w1",
    "w2": "benchmarks.w2",
    "latency": "benchmarks.latency",
    "http": "benchmarks.web",
    "restore": "benchmarks.restore",
    "failover": "benchmarks.failover",
    "bridge": "benchmarks.bridge",
    "joined": "benchmarks.joined",
    "frames": "benchmarks.frames",
    "saga": "benchmarks.saga",
    "orders-latency": "benchmarks.orders_latency",
    "peers": "benchmarks.peers.beside",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", type=click.Choice([*NAMES, "all"]))
@click.option("--workers", default=0, help="Worker processes; 0: the benchmark's own number.")
@click.option("--commands", default=0, help="Commands to judge; 0: the benchmark's own number.")
@click.option("--rate", default=0, help="Commands a second, where one is kept; 0: the benchmark's own rates.")
@click.option("--runs", default=1, help="Repeat, and give the medians last.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--keep", is_flag=True, help="Leave the directory of data and logs.")
@click.option("--save", is_flag=True, help="Keep the figures in benchmarks/results.")
def main(
    name: str, workers: int, commands: int, rate: int, runs: int, *, as_json: bool, keep: bool, save: bool
) -> None:
    """Measure Kawka on this machine. A run whose outputs are not right does not count, and is said to."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader for a moment
    options = Options(workers, commands, rate, keep)
    console = Console(width=None if sys.stdout.isatty() else 200)
    good = True
    for one in NAMES if name == "all" else [name]:
        outcomes = []
        for _ in range(runs):
            found = _measure(one, options)
            show(found, console, as_json=as_json)
            outcomes += found
        good &= not any(outcome.faults for outcome in outcomes)
        summary = _medians(outcomes)
        if runs > 1:
            show(summary, console, as_json=as_json)
        if save:
            kept.save(one, outcomes, summary)
    sys.exit(0 if good else 1)


def _measure(name: str, options: Options) -> list[Outcome]:
    benchmark = importlib.import_module(NAMES[name])
    try:
        found: list[Outcome] = uvloop.run(benchmark.run(options))
    except LocalError as error:
        raise click.ClickException(str(error)) from error
    return found


def _medians(outcomes: list[Outcome]) -> list[Outcome]:
    def what(outcome: Outcome) -> tuple[str, str, int, str]:
        return outcome.benchmark, outcome.system, outcome.workers, str(outcome.figures.get("at_rate_per_s", ""))

    return [medians(list(runs)) for _, runs in groupby(sorted(outcomes, key=what), what)]


if __name__ == "__main__":
    main()
