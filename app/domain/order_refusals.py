"""Every way a command to an order is refused: the stable code, for programs, and the sentence, for people."""

from typing import Final

from app.domain.decider import Rejected

REFUSALS: Final = {
    "not-found": "There is no order with this id.",
    "version-conflict": "The order is at version {version} now, not the one you expected: load it again.",
    "order-exists": "There is an order with this id and other content: a new order needs a new id.",
    "final": "The order is {state}: it can no longer be cancelled.",
    "not-validated": "Only a validated order can be shipped, and this one is {state}.",
    "invalid-customer": "A customerId is 1 to 64 characters of A-Z a-z 0-9 _ . : and -",
    "invalid-product": "A product is one line of 1 to 64 characters, not only blanks.",
    "invalid-quantity": "A quantity is a whole number between -1000000000 and 1000000000.",
    "invalid-price": "A price is a plain number below 1000000000, with at most 2 decimals.",
}


def refuse(code: str, field: str | None = None, **facts: object) -> Rejected:
    """The refusal `code` of the table; `facts` fill its sentence, `field` is the JSON path at fault."""
    return Rejected(code, REFUSALS[code].format_map(facts), field)
