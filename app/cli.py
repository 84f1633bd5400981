"""The command line: `kawka`, one module of app/commands a noun."""

from __future__ import annotations

import click

from app.admin import TopicsError
from app.commands import audit, clients, deadletters, kafka, mailer, replay, services, settings, simulate, topics, up
from app.commands.web import CallError
from app.local.errors import LocalError
from app.settings import SettingsError


class Sentences(click.Group):
    """Shows what a person can put right as one sentence, exit code 1; anything else is a bug: a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except (LocalError, SettingsError, TopicsError, CallError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Kawka: event sourcing on Faust and Apache Kafka, all of it on this machine with `kawka up`."""


for command in (
    up.up,
    up.down,
    clients.status,
    clients.send,
    clients.get,
    clients.history,
    deadletters.deadletters,
    audit.audit,
    replay.replay,
    settings.settings,
    topics.topics,
    simulate.simulate,
    services.worker,
    mailer.mailer,
    kafka.kafka,
    kafka.fetch,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
