"""`kawka simulate trucks`: trucks that tell their positions over MQTT."""

from __future__ import annotations

import contextlib
import itertools
import random
import secrets
import time

import click
import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from app import codec, codec_trucks
from app.local.errors import LocalError
from app.mqtt_url import MqttUrl
from app.settings import Settings
from app.simulate import trucks as generator
from app.simulate.publisher import Publisher, PublishError

SLICE_S = 0.02  # how evenly a rate is kept
FLUSH_S = 30


@click.command()
@click.option("--trucks", "number", type=click.IntRange(1, 100_000), default=40, show_default=True, help="Trucks.")
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=50.0,
    show_default=True,
    help="Messages a second, all together.",
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many; otherwise with Ctrl-C.")
@click.option("--seed", type=click.IntRange(min=0), help="Same seed, same drives; otherwise new ones each time.")
@click.option("--csv-share", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Share sent as CSV.")
@click.option("--wait", type=float, default=0, help="Seconds that the broker may take until it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def trucks(
    number: int, rate: float, count: int | None, seed: int | None, csv_share: float, wait: float, as_json: bool
) -> None:
    """Drive trucks over US roads and publish truck/{truckId}/position at QoS 1 to the broker of KAWKA_MQTT_URL."""
    settings = Settings.from_env()
    url = MqttUrl.parse(settings.mqtt_url or "mqtt://127.0.0.1")
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    columns = (SpinnerColumn(), TextColumn("Trucks under way"), BarColumn(), MofNCompleteColumn())
    began, sent = time.monotonic(), 0
    try:
        with (
            Publisher(url, settings.mqtt_cafile, wait_s=wait) as publisher,
            Progress(*columns, disable=as_json, transient=True) as progress,
        ):
            bar = progress.add_task("trucks", total=count)
            drives = generator.positions(seed, number, rate, lambda: int(time.time() * 1000))
            forms = random.Random(seed)  # noqa: S311 -- repeatable, not secret
            with contextlib.suppress(KeyboardInterrupt):
                while count is None or sent < count:
                    due = int((time.monotonic() - began) * rate) + 1
                    due = due if count is None else min(due, count)
                    for position in itertools.islice(drives, max(due - sent, 0)):
                        form = codec_trucks.to_csv if forms.random() < csv_share else codec.encode
                        publisher.publish(f"truck/{position.truck_id}/position", form(position))
                    sent = max(due, sent)
                    progress.update(bar, completed=sent)
                    time.sleep(SLICE_S)
            publisher.flush(FLUSH_S)
    except PublishError as error:
        raise LocalError(str(error)) from error
    seconds = round(time.monotonic() - began, 3)
    figures = {"sent": sent, "acknowledged": publisher.acknowledged, "seed": seed, "seconds": seconds}
    if as_json:
        click.echo(msgspec.json.encode(figures))
    else:
        click.echo(f"{publisher.acknowledged} of {sent} positions acknowledged in {seconds:g} s (seed {seed}).")
