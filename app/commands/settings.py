"""`kawka settings`."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from app.settings import Settings, describe


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def settings(as_json: bool) -> None:
    """Print every setting, its value here (secrets masked) and what it means."""
    rows = describe(Settings.from_env())
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("setting", "value", "default", "meaning")
    for row in rows:
        style = "" if row["value"] == row["default"] else "bold"
        table.add_row(row["name"], _text(row["value"]), _text(row["default"]), row["description"], style=style)
    Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    return "" if value is None else str(value)
