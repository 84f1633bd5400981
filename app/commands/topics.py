"""`kawka topics`: create and check."""

from __future__ import annotations

import asyncio
import sys

import click
import msgspec

from app import admin
from app.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def topics() -> None:
    """Topics as app/topics.py wants them."""


@topics.command()
@as_json
def create(as_json: bool) -> None:
    """Make the missing topics; refuse when one has another number of partitions."""
    report = asyncio.run(admin.create(Settings.from_env()))
    if as_json:
        click.echo(msgspec.json.encode({"created": report.missing, "present": report.present}))
        return
    for name in report.missing:
        click.echo(f"{name}: created")
    click.echo(f"{len(report.present)} were there already.")


@topics.command()
@as_json
def check(as_json: bool) -> None:
    """Compare Kafka's topics with ours; exit 1 when one is missing or differs."""
    report = asyncio.run(admin.check(Settings.from_env()))
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        missing = [f"Topic {name} is missing." for name in report.missing]
        for sentence in [*report.unusable, *report.different, *missing]:
            click.echo(sentence)
        click.echo(f"{len(report.present)} of {len(report.present) + len(report.missing)} topics are there.")
    sys.exit(bool(report.missing or report.unusable or report.different))
