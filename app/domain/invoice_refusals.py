"""Every way a command to an invoice is refused: the stable code, for programs, and the sentence, for people."""

from typing import Final

from app.domain.decider import Rejected

REFUSALS: Final = {
    "not-found": "There is no invoice with this id.",
    "version-conflict": "The invoice is at version {version} now, not the one you expected: load it again.",
    "already-exists": "This id was used before: a new invoice needs a new one.",
    "deleted": "The invoice was deleted: nothing about it can change.",
    "not-draft": "Only a draft can do this, and the invoice is {status}.",
    "has-payments": "A payment was received: the invoice can no longer be changed or deleted.",
    "already-paid": "The invoice is paid in full.",
    "invalid-name": "A customer name is one line of 1 to 200 characters, not only blanks.",
    "invalid-email": "An e-mail address looks like name@example.com.",
    "invalid-date": "A date is a day of the calendar, written yyyy-mm-dd.",
    "due-before-issue": "An invoice cannot be due before it is issued.",
    "too-many-items": "An invoice has at most {most} line items.",
    "invalid-description": "A description is one line of 1 to 500 characters, not only blanks.",
    "invalid-quantity": "A quantity is a plain number above 0 and below 1000000000, with at most 6 decimals.",
    "invalid-price": "A price is a plain number from 0 to below 1000000000, with at most 2 decimals.",
    "no-such-item": "There is no line item with this index.",
    "no-items": "An invoice without line items cannot be sent.",
    "nothing-to-pay": "The balance is 0.00: there is nothing to pay.",
    "invalid-amount": "An amount is a plain number above 0, with at most 2 decimals.",
    "amount-exceeds-balance": "Only {balance} is left to pay.",
}


def refuse(code: str, field: str | None = None, **facts: object) -> Rejected:
    """The refusal `code` of the table; `facts` fill its sentence, `field` is the JSON path at fault."""
    return Rejected(code, REFUSALS[code].format_map(facts), field)
