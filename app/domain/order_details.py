"""Whether an order makes sense by itself. Pure."""

from decimal import Decimal

from app.domain.orders import Order
from app.domain.validations import ORDER_DETAILS_CHECK, Validation


def check(order: Order) -> Validation:
    """Judge the details of an order that was placed."""
    faults = [
        fault
        for fault, found in (
            ("quantity below 1", order.quantity < 1),
            ("price below 0", Decimal(order.price) < 0),
            ("no product", not order.product),
        )
        if found
    ]
    if faults:
        return Validation(order.id, ORDER_DETAILS_CHECK, "FAIL", ", ".join(faults))
    return Validation(order.id, ORDER_DETAILS_CHECK, "PASS")
