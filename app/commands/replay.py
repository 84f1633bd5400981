"""`kawka replay`: run agents' past again, and compare."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Column, Table

if TYPE_CHECKING:
    from app.replays import Report


@click.command()
@click.argument("agents", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an agent.")
def replay(agents: tuple[str, ...], *, as_json: bool) -> None:
    """Run AGENTS (all when none is named) again over all their source topics hold, into empty state.

    Outputs and tables must come out byte for byte as Kafka has them. Nothing may be on its way, and nothing is changed.
    """
    from app import replays  # noqa: PLC0415 -- takes a second to import, and the App of the next line even longer
    from app.main import load  # noqa: PLC0415

    app = load()
    unknown = set(agents) - set(app.agents)
    if unknown:
        raise click.BadParameter(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(app.agents)}")
    reports = asyncio.run(replays.replay(app, [app.agents[name] for name in agents or app.agents]))
    if as_json:
        for report in reports:
            click.echo(msgspec.json.encode(report))
    else:
        _show(reports)
    sys.exit(any(report.differences for report in reports))


def _show(reports: list[Report]) -> None:
    numbers = [Column(name, justify="right") for name in ("records", "outputs", "entries")]
    table = Table("agent", *numbers, "comes out", box=box.SIMPLE_HEAD, pad_edge=False)
    for one in reports:
        verdict = "different" if one.differences else "the same"
        table.add_row(one.agent, str(one.records), str(one.outputs), str(one.entries), verdict)
    console = Console()
    console.print(table)
    for report in reports:
        for difference in report.differences:
            console.print(f"{report.agent}: {difference}", style="red", markup=False)
