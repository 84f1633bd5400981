"""Orders: placed, checked by other services, then shipped, cancelled or failed. Pure; the shapes of contract.md.

A record of `orders` is the whole order, so what is decided here is the next states of an order, not events.
"""

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.domain import decimals, texts
from app.domain.decider import BaseCommand, Rejected, valid_id
from app.domain.order_refusals import refuse
from app.domain.validations import Validation, Verdict

# ---- Orders ---------------------------------------------------------------------------------------------------------

OrderStatus = Literal["CREATED", "VALIDATED", "FAILED", "SHIPPED", "CANCELLED"]
_PRICE: Final = r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,2})?"
Price = Annotated[str, Meta(pattern=rf"\A{_PRICE}\Z")]  # refused below 0 only once it is placed, by a check
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
    price: Price
    at: str
    reasons: tuple[str, ...] = ()


class OrderState(Struct, frozen=True, rename="camel", gc=False):
    """What is known of an order, or, without `order`, what was checked before it was placed.

    `checks` in order of arrival; `early` are the reasons of those that came before it. `version` counts its records.
    """

    order: Order | None = None
    checks: dict[str, Verdict] = {}
    early: tuple[str, ...] = ()
    version: int = 0


UNKNOWN: Final = OrderState()

# ---- Commands -------------------------------------------------------------------------------------------------------


class PlaceOrder(BaseCommand, frozen=True, kw_only=True):
    """Place an order. Whether it makes sense is checked after it was placed, but for what cannot be written down."""

    customer_id: str
    product: str | None = None
    quantity: int
    price: str


class CancelOrder(BaseCommand, frozen=True):
    """Cancel an order that has neither failed nor been shipped."""


class ShipOrder(BaseCommand, frozen=True):
    """Ship a validated order."""


Command: TypeAlias = PlaceOrder | CancelOrder | ShipOrder

# ---- Decisions ------------------------------------------------------------------------------------------------------

LARGEST: Final = 10**9
LONGEST_REASON: Final = 300
Next: TypeAlias = tuple[OrderState, ...]
_is_price = re.compile(_PRICE).fullmatch


def decide(command: Command, order_id: str, state: OrderState, at: str, required: Collection[str]) -> Next | Rejected:
    """What `command` makes of an order: its next states, none when nothing changes, or why not."""
    if command.expected_version is not None and command.expected_version != state.version:
        return refuse("version-conflict", "expectedVersion", version=state.version)
    if isinstance(command, PlaceOrder):
        return _place(command, order_id, state, at, required)
    if state.order is None:
        return refuse("not-found")
    if isinstance(command, CancelOrder):
        return _cancel(state, state.order, at)
    return _ship(state, state.order, at)


def note(validation: Validation, state: OrderState, at: str, required: Collection[str]) -> Next:
    """What a check makes of an order. A check counts once, the first time; one that is not required says nothing.

    The first FAIL or ERROR is the verdict; a later one adds its reason. The last PASS is the verdict if all are PASS.
    """
    check = validation.check_type
    if check not in required or check in state.checks:
        return ()
    checks = {**state.checks, check: validation.validation_result}
    order, reasons = state.order, _reasons(validation)
    if order is None:
        return (OrderState(None, checks, (*state.early, *reasons)),)
    return (_with(state, checks, _judged(order, checks, reasons, at, required)),)


def time_out(state: OrderState, at: str, required: Collection[str]) -> Next:
    """What the end of its patience makes of an order: without a verdict by now, it failed."""
    order = state.order
    if order is None or order.state != "CREATED":
        return ()
    missing = ", ".join(check for check in required if check not in state.checks)
    return (_with(state, state.checks, _failed(order, (f"timed out: no {missing}",), at)),)


def _place(
    command: PlaceOrder, order_id: str, state: OrderState, at: str, required: Collection[str]
) -> Next | Rejected:
    if fault := _fault(command):
        return fault
    price = decimals.money(Decimal(command.price))
    order = Order(order_id, command.customer_id, "CREATED", command.product, command.quantity, price, at)
    if state.order is not None:
        return () if _content(state.order) == _content(order) else refuse("order-exists")
    created = OrderState(order, state.checks, version=state.version + 1)
    judged = _judged(order, state.checks, state.early, at, required)
    return (created,) if judged is order else (created, _with(created, state.checks, judged))


def _cancel(state: OrderState, order: Order, at: str) -> Next | Rejected:
    if order.state == "CANCELLED":
        return ()
    if order.state in FINAL:
        return refuse("final", state=order.state)
    return (_with(state, state.checks, replace(order, state="CANCELLED", at=at)),)


def _ship(state: OrderState, order: Order, at: str) -> Next | Rejected:
    if order.state != "VALIDATED":
        return refuse("not-validated", state=order.state)
    return (_with(state, state.checks, replace(order, state="SHIPPED", at=at)),)


def _judged(
    order: Order, checks: dict[str, Verdict], reasons: tuple[str, ...], at: str, required: Collection[str]
) -> Order:
    """The order after its checks, `reasons` being those not in it yet; the same object when they change nothing."""
    if reasons:
        return _failed(order, reasons, at) if order.state in ("CREATED", "FAILED") else order
    if order.state == "CREATED" and all(check in checks for check in required):
        return replace(order, state="VALIDATED", at=at)
    return order


def _failed(order: Order, reasons: tuple[str, ...], at: str) -> Order:
    return replace(order, state="FAILED", at=at, reasons=(*order.reasons, *reasons))


def _with(state: OrderState, checks: dict[str, Verdict], order: Order) -> OrderState:
    return OrderState(order, checks, version=state.version + (order is not state.order))


def _reasons(validation: Validation) -> tuple[str, ...]:
    if validation.validation_result == "PASS":
        return ()
    why = validation.reason or validation.validation_result
    return (f"{validation.check_type}: {why}"[:LONGEST_REASON],)


def _content(order: Order) -> tuple[str, str | None, int, str]:
    return order.customer_id, order.product, order.quantity, order.price


def _fault(command: PlaceOrder) -> Rejected | None:
    if not valid_id(command.customer_id):
        return refuse("invalid-customer", "customerId")
    if command.product is not None and not texts.is_line(command.product, 64):
        return refuse("invalid-product", "product")
    if not -LARGEST < command.quantity < LARGEST:
        return refuse("invalid-quantity", "quantity")
    return None if _is_price(command.price) else refuse("invalid-price", "price")
