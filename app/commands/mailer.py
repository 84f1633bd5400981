"""`kawka mailer`: the process that sends mails, told what to do by the environment."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import suppress

import click
from aiokafka.errors import KafkaError

from app import admin, topics
from app.local.errors import LocalError
from app.mailer.connections import pause
from app.mailer.mailer import Mailer
from app.settings import Settings
from app.smtp_url import SmtpUrl

KAFKA_WAIT_S = 60  # of a mailer that is started together with Kafka
log = logging.getLogger(__name__)


@click.command()
def mailer() -> None:
    """Send the mails of order-emails over SMTP (KAWKA_SMTP_URL, KAWKA_MAIL_DELIVERY) in the foreground."""
    settings = Settings.from_env()
    if settings.smtp_url is None:
        raise LocalError("KAWKA_SMTP_URL is not set: there is no server to send mails to.")
    level = getattr(logging, settings.log_level.upper())
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiokafka").setLevel(max(level, logging.ERROR))  # it warns of every ordinary rebalance
    asyncio.run(_run(settings, SmtpUrl.parse(settings.smtp_url)))


async def _run(settings: Settings, url: SmtpUrl) -> None:
    down = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, down.set)
    await admin.create(settings, [topics.order_emails, topics.dead_letters], wait_s=KAFKA_WAIT_S)
    click.echo(
        f"Mails of {settings.topic_prefix}{topics.order_emails.name} go {settings.mail_delivery} to {url.shown}."
    )
    sent = buried = failures = 0
    while not down.is_set():
        life = Mailer(settings)
        try:
            await life.run(down)
        except KafkaError as error:
            failures = 1 if life.sent else failures + 1
            log.warning("Kafka does not take part (%s); beginning anew", str(error) or repr(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(down.wait(), pause(failures))
        sent, buried = sent + life.sent, buried + life.buried
    click.echo(f"{sent} mails sent, {buried} dead letters.")
