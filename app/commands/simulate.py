"""`kawka simulate`: made-up traffic into Kafka, and over MQTT."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import secrets
import time
from collections.abc import Iterator

import click
import msgspec
from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from app import admin, codec, topics
from app.commands.simulate_orders import orders
from app.commands.simulate_trucks import trucks
from app.local.errors import LocalError
from app.settings import Settings
from app.simulate import invoices as generator
from app.simulate.feed import Message, feed

RATE = 5.0


@click.group()
def simulate() -> None:
    """Send made-up commands and events."""


@simulate.command()
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=RATE, show_default=True, help="Commands a second."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many; otherwise with Ctrl-C.")
@click.option("--seed", type=click.IntRange(min=0), help="Same seed, same invoices; otherwise new ones each time.")
@click.option("--wait", type=float, default=0, help="Seconds that Kafka may take until it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def invoices(rate: float, count: int | None, seed: int | None, wait: float, as_json: bool) -> None:
    """Create, fill, send and pay invoices; a few commands are wrong on purpose."""
    settings = Settings.from_env()
    asyncio.run(admin.create(settings, [topics.invoice_commands], wait_s=wait))
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    began, total = time.monotonic(), 0
    rounds = itertools.islice(_rounds(seed), count)

    columns = (SpinnerColumn(), TextColumn("Sending invoice commands"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, disable=as_json, transient=True) as progress:
        bar = progress.add_task("invoices", total=count)

        def sent(number: int) -> None:
            nonlocal total
            total = number
            progress.update(bar, completed=number)

        try:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(feed(settings, rounds, rate, sent))
        except KafkaError as error:
            raise LocalError(f"Kafka at {settings.broker} does not take the commands: {error}.") from error
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        click.echo(msgspec.json.encode({"sent": total, "seed": seed, "seconds": seconds}))
    else:
        click.echo(f"{total} invoice commands sent in {seconds:g} s (seed {seed}).")


def _rounds(seed: int) -> Iterator[tuple[Message]]:
    commands = generator.invoices(seed, dt.datetime.now(dt.UTC).date())
    return ((Message(topics.invoice_commands, key.encode(), codec.encode(command)),) for key, command in commands)


simulate.add_command(trucks)
simulate.add_command(orders)
