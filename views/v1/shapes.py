"""Orders as /v1 gives them: as their topic has them, but with numbers where JSON has numbers."""

from functools import lru_cache
from typing import Any, Final

import msgspec

from app.domain.orders import Order, OrderState
from app.domain.payments import Payment

_state: Final = msgspec.json.Decoder(OrderState)


def shown(order: Order) -> bytes:
    """Give an order as JSON; its price keeps every digit."""
    return _numbers(msgspec.to_builtins(order), "price")


def payment_shown(payment: Payment) -> bytes:
    """Give a payment as JSON; its amount keeps every digit."""
    return _numbers(msgspec.to_builtins(payment), "amount")


@lru_cache(maxsize=1024)
def known(stored: bytes) -> tuple[Order | None, bytes]:
    """Decode what is stored of an order: the order, None while there are only checks of it, and its JSON.

    Many may wait for one order: they are all woken by the same bytes.
    """
    order = _state.decode(stored).order
    return order, b"null" if order is None else shown(order)


def _numbers(fields: dict[str, Any], name: str) -> bytes:
    return msgspec.json.encode({**fields, name: msgspec.Raw(fields[name].encode())})
