"""Orders with what belongs to them, and the mails about them. Pure; the shapes of contract.md."""

from msgspec import Struct

from app.domain.customers import Customer
from app.domain.orders import Order
from app.domain.payments import Payment


class PaidOrder(Struct, frozen=True, rename="camel"):
    """A validated order with its payment, None when none came in time."""

    order: Order
    payment: Payment | None = None


class EnrichedOrder(Struct, frozen=True, rename="camel"):
    """A record of orders-enriched and orders-{level}."""

    order: Order
    customer: Customer | None
    payment: Payment | None


class OrderEmail(Struct, frozen=True, rename="camel"):
    """A record of order-emails: one an order whose customer has an address."""

    order_id: str
    to: str
    subject: str
    body: str
