"""`kawka kafka` and `kawka fetch`: Kafka alone, for Procfiles and for `make install`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from app.local import jars
from app.local.cluster import KAFKA_PORT
from app.local.errors import LocalError
from app.local.kafka import LocalKafka
from app.settings import Settings


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=KAFKA_PORT, show_default=True)
def kafka(port: int) -> None:
    """Run only Kafka, in the foreground, with its data in KAWKA_DATA_DIR/kafka."""
    settings = Settings.from_env()
    with fetching(Console(stderr=True)) as progress:
        asyncio.run(_run(LocalKafka(settings.data_dir / "kafka", port, settings.cache, progress)))


async def _run(kafka: LocalKafka) -> None:
    down = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, down.set)
    async with kafka:
        click.echo(f"Kafka answers at {kafka.broker}.")
        ended = asyncio.create_task(kafka.exited())
        stop = asyncio.create_task(down.wait())
        await asyncio.wait([ended, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if ended.done():
            raise LocalError(f"Kafka ended (code {ended.result()}); its log is {kafka.log}.")
        ended.cancel()


@click.command()
def fetch() -> None:
    """Fetch Kafka's jars into the cache, where they are not there yet."""
    with fetching(Console(stderr=True)) as progress:
        jars.classpath(Settings.from_env().cache, progress)


@contextmanager
def fetching(console: Console) -> Iterator[jars.Progress]:
    """Show a bar during the first fetch of Kafka's jars, and nothing at any other time."""
    columns = (TextColumn("Fetching Kafka, this once"), BarColumn(), DownloadColumn())
    bars = Progress(*columns, console=console, transient=True)
    task = bars.add_task("jars", total=None)

    def advance(done: int, total: int) -> None:
        bars.start()
        bars.update(task, completed=done, total=total)
        if done >= total:
            bars.stop()

    try:
        yield advance
    finally:
        if bars.live.is_started:  # stopping one that never started prints an empty line
            bars.stop()
