"""`kawka status`, `send`, `get` and `history`: what a worker's web answers, on the command line."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from app.commands.web import call, json_option, url_option


@click.command()
@url_option
@json_option
def status(url: str | None, as_json: bool) -> None:
    """Show the workers and the tasks that each holds."""
    workers = call("GET", "/api/workers", url)
    if as_json:
        click.echo(json.dumps(workers))
        return
    table = Table(
        Column("worker", no_wrap=True),
        "pid",
        "agent",
        "partition",
        "role",
        "state",
        "restored",
        "lag",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for worker in workers:
        for at, task in enumerate(worker["tasks"]):
            whose = [worker["url"].partition("//")[2], str(worker["pid"])] if at == 0 else ["", ""]
            restored = f"{task['restored']}/{task['toRestore']}" if task.get("toRestore") else ""
            cells = (task["agent"], task["partition"], task["role"], task["state"], restored, task.get("lag"))
            table.add_row(*whose, *("" if cell is None else str(cell) for cell in cells))
        if not worker["tasks"]:
            table.add_row(worker["url"].partition("//")[2], str(worker["pid"]), "no tasks")
    Console().print(table)


@click.command()
@click.argument("key")
@click.argument("command")
@click.option("--timeout", type=float, default=5.0, show_default=True, help="Seconds to wait for the decision.")
@url_option
@json_option
def send(key: str, command: str, timeout: float, url: str | None, as_json: bool) -> None:
    """Send the invoice KEY a command (JSON) and wait until it is decided.

    kawka send INV-1 '{"type": "AddLineItem", "description": "Tea", "quantity": "2", "price": "3.50"}'
    """
    path = f"/api/invoices/{quote(key, safe='')}/commands"
    answer = call("POST", path, url, command.encode(), {"timeout": f"{timeout:g}"})
    if as_json:
        click.echo(json.dumps(answer))
        return
    click.echo(f"{key} is now version {answer.get('version')} ({answer.get('commandId')})")
    _show(answer.get("snapshot"))


@click.command()
@click.argument("table")
@click.argument("key")
@url_option
@json_option
def get(table: str, key: str, url: str | None, as_json: bool) -> None:
    """Look up KEY in TABLE, wherever it is held."""
    answer = call("GET", f"/api/tables/{quote(table, safe='')}/{quote(key, safe='')}", url)
    if as_json:
        click.echo(json.dumps(answer))
        return
    _show(answer["value"])
    click.echo(f"partition {answer.get('partition')}, position {answer.get('position')}")


@click.command()
@click.argument("key")
@url_option
@json_option
def history(key: str, url: str | None, as_json: bool) -> None:
    """List the events of the invoice KEY, in order."""
    events = list(_events(key, url))
    if as_json:
        click.echo(json.dumps(events))
        return
    table = Table(
        "version",
        Column("at", no_wrap=True),
        Column("event", no_wrap=True),
        "what",
        Column("command", overflow="fold"),
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for event in events:
        rest = {name: value for name, value in event.items() if name not in ("version", "at", "type", "commandId")}
        what = ", ".join(f"{name}: {value}" for name, value in rest.items())
        table.add_row(str(event["version"]), event["at"], event["type"], what, event["commandId"])
    Console().print(table)


def _events(key: str, url: str | None) -> Any:
    params: dict[str, str] = {}
    while True:
        page = call("GET", f"/api/invoices/{quote(key, safe='')}/events", url, params=params)
        yield from page["items"]
        if not page.get("cursor"):
            return
        params = {"from": str(page["cursor"])}


def _show(value: object) -> None:
    Console().print_json(data=value)
