"""Orders as their topics hold them. Pure; the shapes of contract.md."""

from typing import Literal

from msgspec import Struct

from app.domain.decider import BaseCommand

OrderStatus = Literal["CREATED", "VALIDATED", "FAILED", "SHIPPED", "CANCELLED"]
FINAL: frozenset[str] = frozenset({"FAILED", "SHIPPED", "CANCELLED"})


class Order(Struct, frozen=True, rename="camel", gc=False):
    """A record of orders: the whole order each time its state or its reasons change.

    `price` is a decimal as text, a piece; `at` the RFC 3339 time of the record that made it so.
    """

    id: str
    customer_id: str
    state: OrderStatus
    product: str | None
    quantity: int
    price: str
    at: str
    reasons: tuple[str, ...] = ()


class PlaceOrder(BaseCommand, kw_only=True):
    """Place an order. What it holds is checked after it was placed, but for what cannot be written down."""

    customer_id: str
    product: str | None = None
    quantity: int
    price: str


class CancelOrder(BaseCommand):
    """Cancel an order that is not final yet."""


class ShipOrder(BaseCommand):
    """Ship a validated order."""


Command = PlaceOrder | CancelOrder | ShipOrder
