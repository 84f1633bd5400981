"""Sends one mail, as often as it takes."""

import asyncio
from email.message import EmailMessage
from typing import Final

from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException

from app.mailer.connections import Connections, pause
from app.mailer.outcome import Doubtful, Later, Outcome, Refused, Sent, judge
from app.settings import Settings

AT_MOST_ONCE: Final = "at-most-once"


class Delivery:
    """Knows when a mail may be tried again.

    At most once, a mail is tried again only where the server certainly does not have it; at least once, also where
    that is in doubt.
    """

    def __init__(self, settings: Settings, connections: Connections) -> None:
        self._connections = connections
        self._again_in_doubt = settings.mail_delivery != AT_MOST_ONCE
        self._sender = settings.mail_from
        self._give_up_s = settings.mail_give_up_s

    async def deliver(self, mail: EmailMessage, to: str) -> tuple[Outcome, int]:
        """Try until the server has the mail, refuses it, or may have it; with how often it was tried."""
        now = asyncio.get_running_loop().time
        began, attempts = now(), 0
        while True:
            attempts += 1
            outcome = await self._attempt(mail, to)
            match outcome:
                case Later(why, away=False) if now() - began >= self._give_up_s:
                    return Refused(f"{why} (for {self._give_up_s:g} s)"), attempts
                case Later():
                    pass
                case Doubtful() if self._again_in_doubt:
                    pass
                case _:
                    return outcome, attempts
            await asyncio.sleep(pause(attempts))

    async def _attempt(self, mail: EmailMessage, to: str) -> Outcome:
        async with self._connections.one() as connection:
            try:
                await connection.send_message(mail, sender=self._sender, recipients=[to])
            except (SMTPResponseException, SMTPRecipientsRefused) as error:
                return judge(error, unanswered=False)
            except Exception as error:  # noqa: BLE001 -- whatever one mail meets, the others go on
                connection.close()
                return judge(error, unanswered=connection.unanswered)
        return Sent()
