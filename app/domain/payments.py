"""Payments for orders. Pure; the shape of contract.md."""

from msgspec import Struct


class Payment(Struct, frozen=True, rename="camel", gc=False):
    """A record of payments. `amount` is a decimal as text, `ccy` a currency as EUR."""

    id: str
    order_id: str
    ccy: str
    amount: str
