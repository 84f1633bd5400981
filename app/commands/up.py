"""`kawka up` and `kawka down`: everything on this machine, in the foreground."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console

from app.commands.kafka import fetching
from app.local.cluster import KAFKA_PORT, Cluster, Plan, pid_file
from app.local.errors import LocalError
from app.mqtt_url import MqttUrl
from app.settings import ENV_PREFIX, Settings

DOWN_TIMEOUT_S = 60

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where all state is kept. [.kawka]"
)


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Worker processes.")
@click.option("--simulate/--no-simulate", default=True, help="Made-up invoices, trucks and orders.")
@click.option("--only", help="Services to run, separated by commas; otherwise all.")
@data_dir_option
@click.option("--kafka-port", type=click.IntRange(1, 65535), default=KAFKA_PORT, show_default=True)
@click.option("--mqtt-port", type=click.IntRange(1, 65535), help="[1883, or a free one]")
@click.option("--web-port", type=click.IntRange(1, 65535), help="The first worker's; the others' follow. [6066]")
@click.option("--restart/--no-restart", default=True, help="Start a dead worker again after 15 s.")
@click.option("--fresh", is_flag=True, help="Forget all state first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line when everything is ready.")
def up(
    workers: int,
    simulate: bool,
    only: str | None,
    data_dir: Path | None,
    kafka_port: int,
    mqtt_port: int | None,
    web_port: int | None,
    restart: bool,
    fresh: bool,
    as_json: bool,
) -> None:
    """Run Kafka, PostgreSQL, an MQTT broker, a mail server, workers, a mailer and simulators until Ctrl-C.

    With KAWKA_BROKER, KAWKA_POSTGRES_URL, KAWKA_MQTT_URL or KAWKA_SMTP_URL set, that one is used and none started.
    """
    env = dict(os.environ)
    given = {"DATA_DIR": data_dir, "WEB_PORT": web_port, "SERVICES": only}
    env |= {ENV_PREFIX + name: str(value) for name, value in given.items() if value is not None}
    settings = Settings.from_env(env)
    if settings.web_port + workers - 1 > 65535:
        raise LocalError(f"There are not {workers} ports from {settings.web_port} on: choose a lower --web-port.")
    plan = Plan(
        workers=workers,
        simulate=simulate,
        own_kafka=ENV_PREFIX + "BROKER" not in os.environ,
        own_postgres=not settings.postgres_url,
        own_mqtt=not settings.mqtt_url,
        own_mail=not settings.smtp_url,
        kafka_port=kafka_port,
        mqtt_port=mqtt_port or 0,
        restart=restart,
        fresh=fresh,
    )
    console = Console(stderr=as_json, highlight=False)
    with fetching(console) as progress:
        cluster = Cluster(settings, plan, lambda text: console.print(text, markup=False, soft_wrap=True), progress)
        asyncio.run(_up(cluster, console, as_json))
    console.print("Stopped.")


async def _up(cluster: Cluster, console: Console, as_json: bool) -> None:
    ready, down = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, down.set)
    announcement = asyncio.create_task(_announce(cluster, ready, console, as_json))
    try:
        await cluster.run(ready, down)
    finally:
        announcement.cancel()


async def _announce(cluster: Cluster, ready: asyncio.Event, console: Console, as_json: bool) -> None:
    await ready.wait()
    if as_json:
        click.echo(msgspec.json.encode(cluster.describe()))
        return
    console.print("\n[bold]Kawka is up.[/bold]")
    for worker in cluster.workers:
        console.print(f"  {worker.name}  {worker.url}/")
    console.print(f"  Kafka     {cluster.settings.broker}")
    if cluster.settings.postgres_url:
        console.print(f"  database  {cluster.settings.postgres_url}", soft_wrap=True)
    if cluster.settings.mqtt_url:
        console.print(f"  MQTT      {MqttUrl.parse(cluster.settings.mqtt_url).shown}")
    if cluster.mail:
        console.print(
            f"  mails     {cluster.mail.directory}  (the last ones, taken at {cluster.mail.url})", soft_wrap=True
        )
    console.print(f"  state     {cluster.data_dir}  (logs in {cluster.data_dir / 'logs'})", soft_wrap=True)
    console.print("Open a worker's page, try `kawka status`, stop with Ctrl-C.\n")


@click.command()
@data_dir_option
def down(data_dir: Path | None) -> None:
    """Stop the `kawka up` of a data directory and wait until all of it is gone."""
    directory = data_dir or Settings.from_env().data_dir
    file = pid_file(directory)
    owner = file.owner()
    if owner is None:
        click.echo(f"No `kawka up` runs with {directory}.")
        return
    owner.terminate()
    until = time.monotonic() + DOWN_TIMEOUT_S
    while file.owner():  # not psutil's wait: that also waits for whoever has to collect the dead process
        if time.monotonic() > until:
            raise LocalError(f"`kawka up` (process {owner.pid}) did not end within {DOWN_TIMEOUT_S} s.")
        time.sleep(0.05)
    click.echo("Stopped.")
