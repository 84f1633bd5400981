"""A record of order-emails as the mail that is sent: the same record gives the same bytes, whenever it is sent."""

import re
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from app.domain.decider import valid_id
from app.domain.enriched import OrderEmail

_AS_IT_IS = re.compile(r"[A-Za-z0-9_-]").fullmatch


class Unsendable(ValueError):
    """A record of which no mail can be made, however often it is tried."""


def compose(email: OrderEmail, sender: str, at_ms: int) -> EmailMessage:
    """Make the mail of a record; `at_ms` is the record's timestamp. Unsendable when it cannot be made."""
    if not valid_id(email.order_id):
        raise Unsendable("orderId is not an id.")
    mail = EmailMessage(policy=policy.SMTP)
    try:
        mail["From"] = sender
        mail["To"] = Address(addr_spec=email.to)  # one address: text with commas would be read as several
        mail["Subject"] = email.subject
        mail["Date"] = datetime.fromtimestamp(at_ms / 1000, UTC)
        mail["Message-ID"] = message_id(email.order_id, sender)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(email.body)
        mail.as_bytes()
    except Exception as error:  # the email package has no end of ways to say that a header cannot be
        raise Unsendable(f"No mail can be made of it: {error!r}.") from error
    return mail


def message_id(order_id: str, sender: str) -> str:
    """Give the Message-ID of an order's mail: the same each time it is sent, so that a mail sent twice can be told."""
    domain = Address(addr_spec=sender).domain
    local = "".join(char if _AS_IT_IS(char) else f"={ord(char):02X}" for char in order_id)  # of RFC 5322's atoms only
    return f"<order.{local}@{domain}>"
