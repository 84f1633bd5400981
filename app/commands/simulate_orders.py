"""`kawka simulate orders`: a shop's customers, straight into Kafka.

Not through POST /v1/orders: so the orders of a seed are the same records each time, whatever workers are there, and the
simulator neither waits for answers nor has to have a web to talk to. Sent again, they have no second effect.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import Iterator

import click
import msgspec
from aiokafka.errors import KafkaError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from app import admin, codec, topics
from app.domain.payments import Payment
from app.local.errors import LocalError
from app.settings import Settings
from app.simulate import orders as generator
from app.simulate.feed import Message, feed

RATE = 2.0


@click.command()
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=RATE, show_default=True, help="Orders a second."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many; otherwise with Ctrl-C.")
@click.option("--seed", type=click.IntRange(0, 10**12), help="Same seed and rate, same orders; otherwise new ones.")
@click.option(
    "--customers",
    type=click.IntRange(1, 10_000_000),
    default=generator.OCCASIONAL,
    show_default=True,
    help="Customers who come in turns; the example database knows 5000.",
)
@click.option("--wait", type=float, default=0, help="Seconds that Kafka may take until it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def orders(rate: float, count: int | None, seed: int | None, customers: int, wait: float, as_json: bool) -> None:
    """Place orders, pay most, ship many, cancel some; a few are too large, impossible or of nothing there is."""
    settings = Settings.from_env()
    asyncio.run(admin.create(settings, [topics.order_commands, topics.payments], wait_s=wait))
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    began, total = time.monotonic(), 0
    rounds = itertools.islice(_rounds(seed, rate, customers), count)

    columns = (SpinnerColumn(), TextColumn("Placing orders"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, disable=as_json, transient=True) as progress:
        bar = progress.add_task("orders", total=count)

        def sent(number: int) -> None:
            nonlocal total
            total = number
            progress.update(bar, completed=number)

        try:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(feed(settings, rounds, rate, sent))
        except KafkaError as error:
            raise LocalError(f"Kafka at {settings.broker} does not take the orders: {error}.") from error
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        click.echo(msgspec.json.encode({"sent": total, "seed": seed, "seconds": seconds}))
    else:
        click.echo(f"{total} orders placed in {seconds:g} s (seed {seed}).")


def _rounds(seed: int, rate: float, customers: int) -> Iterator[list[Message]]:
    for steps in generator.shop(seed, rate, customers):
        yield [
            Message(
                topics.payments if isinstance(record, Payment) else topics.order_commands,
                key.encode(),
                codec.encode(record),
            )
            for key, record in steps
        ]
