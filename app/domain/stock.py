"""The warehouse: what it holds, what of it is reserved for orders and what was shipped. Pure.

stock - shipped - reserved is what is offered, always. Whatever order an order's records come in, it holds at most one
reservation, and none once it is final: its entry stays, and says so.
"""

from typing import Literal, NamedTuple

from msgspec import Struct

from app.domain.orders import Order
from app.domain.validations import INVENTORY_CHECK, Validation

ReservationState = Literal["WAITING", "HELD", "REFUSED", "RELEASED", "SHIPPED"]


class StockRow(Struct, frozen=True, rename="camel"):
    """A record of warehouse-inventory, as the database has it: nothing keeps the database from going below 0."""

    product: str
    quantity: int


class Stock(Struct, frozen=True, rename="camel", gc=False):
    """A product in the warehouse; `stock` None while the database has no row for it."""

    product: str
    stock: int | None = None
    reserved: int = 0
    shipped: int = 0

    @property
    def offered(self) -> int:
        """How many may still be ordered; below 0 when the database took back what was promised."""
        return (self.stock or 0) - self.shipped - self.reserved


class Reservation(Struct, frozen=True, rename="camel", gc=False):
    """What an order has of its product's stock: `quantity` pieces while HELD, and what became of them."""

    order_id: str
    quantity: int
    state: ReservationState


class Outcome(NamedTuple):
    """The stock and the reservation after a record, and what it says of the order, if anything."""

    stock: Stock
    reservation: Reservation
    verdict: Validation | None = None


def ask(stock: Stock, reservation: Reservation | None, order: Order) -> Outcome:
    """Reserve for an order that was placed, or that waits, if there is enough; without a row of stock it waits."""
    if reservation is not None and reservation.state != "WAITING":
        return Outcome(stock, reservation)
    if not order.product:
        return _refused(stock, order, "no product")
    if order.quantity < 1:
        return _refused(stock, order, "quantity below 1")
    if stock.stock is None:
        return Outcome(stock, Reservation(order.id, order.quantity, "WAITING"))
    if stock.offered < order.quantity:
        return _refused(stock, order, f"{order.quantity} {order.product} ordered, {max(0, stock.offered)} offered")
    held = Stock(stock.product, stock.stock, stock.reserved + order.quantity, stock.shipped)
    verdict = Validation(order.id, INVENTORY_CHECK, "PASS")
    return Outcome(held, Reservation(order.id, order.quantity, "HELD"), verdict)


def give_up(stock: Stock, reservation: Reservation | None, order: Order) -> Outcome | None:
    """Refuse an order that has waited long enough for a row of stock; None when it does not wait any more."""
    if reservation is None or reservation.state != "WAITING":
        return None
    return _refused(stock, order, f"the warehouse does not know {order.product}")


def settle(stock: Stock, reservation: Reservation | None, order: Order) -> Outcome:
    """Release what a final order holds, or, when it is SHIPPED, count it as shipped."""
    if reservation is None:
        return Outcome(stock, Reservation(order.id, order.quantity, "RELEASED"))
    if reservation.state == "WAITING":
        return Outcome(stock, Reservation(order.id, reservation.quantity, "RELEASED"))
    if reservation.state != "HELD":
        return Outcome(stock, reservation)
    shipped = reservation.quantity if order.state == "SHIPPED" else 0
    left = Stock(stock.product, stock.stock, stock.reserved - reservation.quantity, stock.shipped + shipped)
    return Outcome(left, Reservation(order.id, reservation.quantity, "SHIPPED" if shipped else "RELEASED"))


def _refused(stock: Stock, order: Order, reason: str) -> Outcome:
    verdict = Validation(order.id, INVENTORY_CHECK, "FAIL", reason)
    return Outcome(stock, Reservation(order.id, order.quantity, "REFUSED"), verdict)
