"""`kawka audit`: proofs over whole topics."""

from __future__ import annotations

import asyncio
import sys
import time

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Column, Table

from app import audits
from app.domain.order_audit import Audit
from app.settings import Settings

AGAIN_S = 1.0


@click.group()
def audit() -> None:
    """Prove from the topics alone that nothing was lost or made up."""


@audit.command()
@click.option("--wait", type=float, default=10, show_default=True, help="Seconds that what is on its way may take.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def orders(wait: float, *, as_json: bool) -> None:
    """Stock - shipped - reserved is offered; each order reserves once at most, and nothing once it is final.

    While orders flow, some are always on their way: exit 1 says that something was wrong at every look until --wait.
    A product's figures are proof only while none flow: they change between two looks.
    """
    found, findings = asyncio.run(_settled(Settings.from_env(), wait))
    if as_json:
        balances = found.balances()
        click.echo(msgspec.json.encode({"orders": len(found.orders), "products": balances, "findings": findings}))
    else:
        _show(found, findings)
    sys.exit(bool(findings))


async def _settled(settings: Settings, wait: float) -> tuple[Audit, list[str]]:
    until = time.monotonic() + wait
    found = await audits.orders(settings)
    findings = found.findings()
    while findings and time.monotonic() < until:
        await asyncio.sleep(AGAIN_S)  # what is on its way arrives, and others are on theirs
        found = await audits.orders(settings)
        again = set(found.findings())
        findings = [finding for finding in findings if finding in again]
    return found, findings


def _show(found: Audit, findings: list[str]) -> None:
    numbers = [Column(name, justify="right") for name in ("stock", "shipped", "reserved", "offered")]
    table = Table("product", *numbers, box=box.SIMPLE_HEAD, pad_edge=False)
    for one in found.balances():
        figures = (one.stock, one.shipped, one.reserved, one.offered)
        table.add_row(one.product, *("none" if figure is None else str(figure) for figure in figures))
    console = Console()
    console.print(table)
    for finding in findings:
        console.print(finding, style="red", markup=False)
    if not findings:
        console.print(f"{len(found.orders)} orders: all is as it must be.")
