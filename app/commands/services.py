"""`kawka worker`: one worker process, told what to do by the environment."""

from __future__ import annotations

import click

from app.settings import Settings


@click.command()
def worker() -> None:
    """Run one worker in the foreground (its settings: `kawka settings`)."""
    Settings.from_env()  # a wrong setting is one sentence; app.main reads them while it is imported
    from app.main import run  # noqa: PLC0415 -- makes the App, which no other command wants

    run()
