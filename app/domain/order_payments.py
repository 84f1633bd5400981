"""Which payment belongs to a validated order: the first within a time of it, whichever of the two comes first. Pure."""

from typing import Final

from msgspec import Struct

from app.domain.enriched import PaidOrder
from app.domain.orders import Order
from app.domain.payments import Payment

MOST_PAYMENTS: Final = 8  # that wait for one order, which needs one


class Received(Struct, frozen=True, array_like=True, gc=False):
    """A payment and its event time, ms."""

    payment: Payment
    at_ms: int


class Awaiting(Struct, frozen=True, rename="camel", gc=False):
    """One side that waits for the other: an order and its event time (ms), or payments."""

    order: Order | None = None
    at_ms: int = 0
    payments: tuple[Received, ...] = ()


NOTHING: Final = Awaiting()


def validated(order: Order, at_ms: int, waiting: Awaiting, within_ms: int) -> PaidOrder | Awaiting:
    """Take in an order that was validated: with its payment if that is there, else it waits."""
    for received in waiting.payments:
        if abs(received.at_ms - at_ms) <= within_ms:
            return PaidOrder(order, received.payment)
    return Awaiting(order, at_ms)


def paid(payment: Payment, at_ms: int, waiting: Awaiting, within_ms: int) -> PaidOrder | Awaiting:
    """Take in a payment: with its order if that waits for it, else it waits; too far from its order, it is nothing."""
    if waiting.order is None:
        return Awaiting(payments=(*waiting.payments, Received(payment, at_ms))[:MOST_PAYMENTS])
    if abs(waiting.at_ms - at_ms) <= within_ms:
        return PaidOrder(waiting.order, payment)
    return waiting


def give_up(waiting: Awaiting) -> PaidOrder | None:
    """End a wait: an order goes on without a payment; payments without an order are for nothing."""
    return None if waiting.order is None else PaidOrder(waiting.order)
