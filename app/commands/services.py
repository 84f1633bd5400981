"""`kawka worker`: one worker process, told what to do by the environment."""

from __future__ import annotations

import asyncio

import click

from app import admin, topics
from app.settings import Settings

KAFKA_WAIT_S = 60  # of a worker that is started together with Kafka


@click.command()
def worker() -> None:
    """Run one worker in the foreground (its settings: `kawka settings`)."""
    settings = Settings.from_env()  # a wrong setting is one sentence; app.main reads them while it is imported
    asyncio.run(
        admin.create(settings, topics.of(settings.services), KAFKA_WAIT_S)
    )  # or refuse: other partitions would move the keys
    from app.main import run  # noqa: PLC0415 -- makes the App, which no other command wants

    run()
