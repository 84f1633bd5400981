"""`kawka deadletters`: what could not be handled, and the keys that wait behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

import click
from rich.console import Console
from rich.table import Table

from app.commands.web import call, json_option, url_option

agent_option = click.option("--agent", default="invoices", show_default=True, help="The agent whose key waits.")


@click.group()
def deadletters() -> None:
    """Look at dead letters; let the keys that wait behind them go on."""


@deadletters.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@url_option
@json_option
def list_(limit: int, url: str | None, as_json: bool) -> None:
    """List the dead letters, the newest first."""
    items = call("GET", "/api/deadletters", url, params={"limit": str(limit)})["items"]
    if as_json:
        click.echo(json.dumps(items))
        return
    table = Table("where", "when", "agent", "key", "error", "attempts", "bytes", "key waits")
    for item in items:
        when = datetime.fromtimestamp(item["time"] / 1000, UTC).isoformat(timespec="seconds")
        cells = (item["position"], when, item["agent"], item["key"], item["error"], item["attempts"], item["size"])
        table.add_row(*("" if cell is None else str(cell) for cell in cells), "yes" if item["parked"] else "")
    Console().print(table if items else "No dead letters.")


@deadletters.command()
@click.argument("where")
@url_option
def show(where: str, url: str | None) -> None:
    """Show the dead letter at WHERE, partition/offset as `list` prints it: its bytes, headers and error."""
    partition, _, offset = where.partition("/")
    if not (partition.isdigit() and offset.isdigit()):
        raise click.BadParameter("partition/offset, as in 3/17", param_hint="WHERE")
    Console().print_json(data=call("GET", f"/api/deadletters/{partition}/{offset}", url))


@deadletters.command()
@click.argument("key")
@agent_option
@url_option
@json_option
def retry(key: str, agent: str, url: str | None, as_json: bool) -> None:
    """Handle the records of KEY again, in order, from the one that failed."""
    _release(key, agent, "retry", url, as_json)


@deadletters.command()
@click.argument("key")
@agent_option
@url_option
@json_option
def discard(key: str, agent: str, url: str | None, as_json: bool) -> None:
    """Give up the record of KEY that failed, and handle those that wait behind it."""
    _release(key, agent, "discard", url, as_json)


def _release(key: str, agent: str, action: str, url: str | None, as_json: bool) -> None:
    path = f"/api/deadletters/{quote(agent, safe='')}/{quote(key, safe='')}"
    answer = call("POST", path, url, json.dumps({"action": action}).encode())
    if as_json:
        click.echo(json.dumps(answer))
    elif answer["released"]:
        click.echo(f"{key} goes on.")
    else:
        click.echo(f"{key} failed again and still waits; `kawka deadletters list` says why.")
    if not answer["released"]:
        raise click.exceptions.Exit(1)
