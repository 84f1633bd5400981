"""Fraud: what a customer orders within one session of activity. Pure.

A session ends with an hour without an order, in event time. An order that comes late may lie between two sessions: they
were one. Sessions are kept for a day behind the customer's latest order; one that is later than that is on its own.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from app.domain import decimals
from app.domain.orders import Order
from app.domain.validations import FRAUD_CHECK, Validation

LIMIT: Final = Decimal(2000)
GAP_MS: Final = 60 * 60 * 1000
KEPT_MS: Final = 24 * GAP_MS


class Session(Struct, frozen=True, rename="camel", gc=False):
    """Orders of one customer, none further than an hour from the next. Times in ms, `total` of quantity x price."""

    start: int
    end: int
    total: Decimal
    orders: int = 1


class Activity(Struct, frozen=True, rename="camel", gc=False):
    """The sessions of a customer that a late order could still belong to, in order of time."""

    customer_id: str
    sessions: tuple[Session, ...] = ()


def check(order: Order, at_ms: int, activity: Activity) -> tuple[Activity, Validation]:
    """Judge an order that was placed, by all of its session, itself and refused ones included."""
    sessions, found = add(activity.sessions, at_ms, value(order))
    if found.total >= LIMIT:
        reason = f"{found.total} ordered in one session, the limit is {LIMIT}"
        verdict = Validation(order.id, FRAUD_CHECK, "FAIL", reason)
    else:
        verdict = Validation(order.id, FRAUD_CHECK, "PASS")
    return Activity(activity.customer_id, sessions), verdict


def add(sessions: Sequence[Session], at_ms: int, amount: Decimal) -> tuple[tuple[Session, ...], Session]:
    """Put an order into its session, merging those that it joins; gives all that are kept, and the one it is in."""
    merged = Session(at_ms, at_ms, amount)
    others = []
    for session in sessions:
        if session.start - GAP_MS <= at_ms <= session.end + GAP_MS:
            start, end = min(merged.start, session.start), max(merged.end, session.end)
            total = decimals.add(merged.total, session.total)
            merged = Session(start, end, total, merged.orders + session.orders)
        else:
            others.append(session)
    everything = sorted((*others, merged), key=lambda session: session.start)
    oldest = everything[-1].end - KEPT_MS
    return tuple(session for session in everything if session.end >= oldest), merged


def value(order: Order) -> Decimal:
    """Quantity x price; nothing where that is below 0: no order may hide what the others come to."""
    return max(decimals.ZERO, decimals.line_amount(str(order.quantity), order.price))
