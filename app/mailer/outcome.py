"""What became of one attempt to send a mail."""

from typing import Final

from aiosmtplib import SMTPNotSupported, SMTPRecipientsRefused, SMTPResponseException
from msgspec import Struct

UNAVAILABLE: Final = 421
FIRST_PERMANENT: Final = 500
TLS_OR_LOGIN_FIRST: Final = frozenset({454, 530, 534, 535, 538})  # it is we who are refused, not the mail
SHOWN: Final = 500


class Sent(Struct, frozen=True):
    """The server has it."""


class Refused(Struct, frozen=True):
    """The server will not have it, now or later."""

    why: str


class Later(Struct, frozen=True):
    """The server does not have it, and may take it later. `away`: this was not about the mail, but about the server."""

    why: str
    away: bool


class Doubtful(Struct, frozen=True):
    """The server may have it or not: nothing answered the mail's content."""

    why: str


Failure = Refused | Later | Doubtful
Outcome = Sent | Failure


def judge(error: Exception, *, unanswered: bool) -> Failure:
    """Say what an error of an attempt means; `unanswered`: the mail's content was on its way."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]  # there is only one
    if isinstance(error, SMTPResponseException):
        why = f"{error.code} {error.message}"[:SHOWN]
        if error.code in TLS_OR_LOGIN_FIRST or error.code == UNAVAILABLE:
            return Later(why, away=True)
        return Later(why, away=False) if error.code < FIRST_PERMANENT else Refused(why)
    why = (str(error) or repr(error))[:SHOWN]
    if isinstance(error, SMTPNotSupported | ValueError) and not isinstance(error, OSError):
        return Refused(why)  # an address that this server, or none, can be told
    return Doubtful(why) if unanswered else Later(why, away=True)
