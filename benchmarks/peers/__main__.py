"""`python -m benchmarks.peers [WORKLOAD...]`: ours and the peers, in turn on the same Kafka, in the same run."""

import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import click
import uvloop

from app.local.errors import LocalError
from benchmarks.kept import DIRECTORY
from benchmarks.outcome import Outcome
from benchmarks.peers import failover, field, latency, restore, shape, w1, w2
from benchmarks.peers.contender import Contender
from benchmarks.peers.found import Found
from benchmarks.peers.page import page
from benchmarks.peers.play import Ground, attempt, ground

Turn = Callable[[Ground, Contender], Awaitable[Outcome]]
QUICK = {
    "w1": (1, ()),
    "w2": (1, ("kawka-1", "kawka-2", "kawka-tuned", "streams-2", "streams-tuned")),
    "latency": (1, ("kawka-1", "streams-2")),
    "restore": (1, ("kawka-1", "kawka-2", "streams-2")),
}
AMONG = {"failover": field.PAIR, "w2": field.TRUCKS}
FULL = {
    "w1": (5, ()),
    "w2": (3, ()),
    "latency": (3, ("kawka-1", "kawka-2", "streams-2")),
    "restore": (3, ("kawka-1", "kawka-2", "streams-2")),
    "failover": (3, ()),
    "shape": (1, ("kawka-1", "streams-2")),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("workloads", nargs=-1, type=click.Choice(list(FULL)))
@click.option("--full", is_flag=True, help="All workloads, several runs, all sizes: an hour.")
@click.option("--runs", default=0, help="Runs of each; 0: the workload's own number.")
@click.option("--systems", default="", help="Only these, by key, separated by commas.")
@click.option("--commands", default=400_000, show_default=True, help="W1: commands for those who manage as many.")
@click.option("--positions", default=0, help="W2: truck positions; 0: 1,000,000 when full, else 300,000.")
@click.option("--keys", default=0, help="Restore: keys; 0: 1,000,000 when full, else 200,000.")
@click.option("--into", type=click.Path(path_type=Path), default=DIRECTORY, help="Where to keep what was found.")
@click.option("--keep", is_flag=True, help="Leave the directory of data and logs.")
def main(
    workloads: tuple[str, ...],
    runs: int,
    systems: str,
    commands: int,
    positions: int,
    keys: int,
    into: Path,
    *,
    full: bool,
    keep: bool,
) -> None:
    """Measure, keep what was found in benchmarks/results, print the page."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader for a moment
    plan = FULL if full or set(workloads) - set(QUICK) else QUICK
    asked = [part for part in systems.split(",") if part]
    good = True
    for name in workloads or plan:
        own_runs, own_systems = plan[name]
        try:
            contenders = field.named(asked or own_systems, AMONG.get(name, field.FIELD))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--systems") from error
        turns = list(_turns(name, full=full, commands=commands, positions=positions, keys=keys))
        found = _measure(name, contenders, turns, runs or own_runs, into, keep=keep)
        good &= not any(one.faults for one in found.runs)
    print(page(into))
    sys.exit(0 if good else 1)


def _turns(name: str, *, full: bool, commands: int, positions: int, keys: int) -> Iterator[Turn]:
    """Give what each contender does in a run of a workload, one after the other."""
    if name == "w1":
        yield lambda here, one: w1.turn(here, one, commands)
    elif name == "w2":
        some = positions or (1_000_000 if full else 300_000)
        yield lambda here, one: w2.turn(here, one, some)
    elif name == "latency":
        for rate in (100, 500, 2000) if full else (500,):
            yield lambda here, one, rate=rate: latency.turn(here, one, rate)
    elif name == "restore":
        size = keys or (1_000_000 if full else 200_000)
        yield lambda here, one: restore.turn(here, one, size)
    elif name == "failover":
        yield lambda here, one: failover.turn(here, one, failover.RATE)
    else:
        for partitions, size in shape.POINTS if full else shape.POINTS[:1]:
            yield lambda here, one, p=partitions, k=size: shape.turn(here, one, p, k)


def _measure(name: str, contenders: list[Contender], turns: list[Turn], runs: int, into: Path, *, keep: bool) -> Found:
    skipped = {one.system: why for one in contenders if (why := one.prepare())}
    for system, why in skipped.items():
        print(f"{name}: {system} is skipped: {why}", file=sys.stderr)
    here = [one for one in contenders if one.system not in skipped]
    settings = {one.key: dict(one.settings) for one in here}
    found = Found(name, [], skipped, settings, round(os.getloadavg()[0], 2))
    for run in range(runs):
        try:
            uvloop.run(_run(found, field.rotated(here, run), turns, into, keep=keep))
        except LocalError as error:
            raise click.ClickException(str(error)) from error
    return found


async def _run(found: Found, contenders: list[Contender], turns: list[Turn], into: Path, *, keep: bool) -> None:
    """Let all take all turns on one Kafka; what is found is kept after each, whatever comes then."""
    async with ground(keep=keep) as here:
        await (w2 if found.workload == "w2" else w1).warm(here, contenders)
        for turn in turns:
            for one in contenders:
                found.runs.append(await attempt(found.workload, one, lambda t=turn, o=one: t(here, o)))
                found.save(into)
                page(into)


if __name__ == "__main__":
    main()
