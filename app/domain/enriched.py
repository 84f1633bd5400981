"""Orders with what belongs to them, and the mails about them. Pure; the shapes of contract.md."""

from msgspec import Struct

from app.domain import decimals
from app.domain.customers import Customer
from app.domain.orders import Order
from app.domain.payments import Payment


class PaidOrder(Struct, frozen=True, rename="camel", gc=False):
    """A validated order with its payment, None when none came in time."""

    order: Order
    payment: Payment | None = None


class EnrichedOrder(Struct, frozen=True, rename="camel", gc=False):
    """A record of orders-enriched and orders-{level}."""

    order: Order
    customer: Customer | None
    payment: Payment | None


class OrderEmail(Struct, frozen=True, rename="camel", gc=False):
    """A record of order-emails: one an order whose customer has an address."""

    order_id: str
    to: str
    subject: str
    body: str


def email(enriched: EnrichedOrder) -> OrderEmail | None:
    """Write the mail about an order; None when there is nobody to send it to."""
    order, customer, payment = enriched.order, enriched.customer, enriched.payment
    if customer is None or not customer.email:
        return None
    name = " ".join(part for part in (customer.first_name, customer.last_name) if part) or "customer"
    paid = f"We received your payment of {payment.ccy} {payment.amount}." if payment else "It is not paid yet."
    total = decimals.line_amount(str(order.quantity), order.price)
    body = (
        f"Dear {name},\n\nyour order {order.id} is confirmed: {order.quantity} x {order.product} at {order.price}, "
        f"{total} in all.\n{paid}\n"
    )
    return OrderEmail(order.id, customer.email, f"Your order {order.id}", body)
