"""Are orders and stock what their topics say? Pure: fed with records in the order of their partitions, then asked.

For every product: stock - shipped - reserved is offered, where stock is the database's last row, and reserved and
shipped are the sums over what each order holds. For every order: it goes one way and gets one verdict, reserves once at
most, and holds nothing once it is final.
"""

from collections.abc import Collection
from typing import Final

from msgspec import Struct

from app.domain.orders import FINAL, Order
from app.domain.stock import Reservation, Stock
from app.domain.validations import INVENTORY_CHECK

NEXT: Final = {
    "": {"CREATED"},
    "CREATED": {"VALIDATED", "FAILED", "CANCELLED"},
    "VALIDATED": {"SHIPPED", "CANCELLED"},
    "FAILED": {"FAILED"},  # again, with one more reason
    "SHIPPED": set[str](),
    "CANCELLED": set[str](),
}
RESERVABLE: Final = ("", "WAITING")
MOST: Final = 20  # findings of one kind: the first ones say enough


class Balance(Struct, frozen=True, rename="camel"):
    """A product as the orders say: `stock` of the database's last row, None without one."""

    product: str
    stock: int | None
    reserved: int
    shipped: int
    offered: int


class Audit:
    """Takes in the records of orders, warehouse-inventory and the warehouse's own tables."""

    def __init__(self, required: Collection[str]) -> None:
        self.orders: dict[str, tuple[str, str, int]] = {}  # id -> state, product, quantity
        self._reservations: dict[str, Reservation] = {}
        self._rows: dict[str, int | None] = {}
        self._stock: dict[str, Stock] = {}
        self._wrong_ways: list[str] = []
        self._reserves = INVENTORY_CHECK in required

    def order(self, order: Order) -> None:
        """Take in a record of orders."""
        before = self.orders.get(order.id, ("", "", 0))[0]
        if order.state not in NEXT[before]:
            self._wrong_ways.append(f"order {order.id} is {order.state} after it was {before or 'unknown'}")
        self.orders[order.id] = (order.state, order.product or "", order.quantity)

    def row(self, product: str, quantity: int | None) -> None:
        """Take in a record of warehouse-inventory."""
        self._rows[product] = quantity

    def reservation(self, reservation: Reservation) -> None:
        """Take in what became of an order's reservation."""
        known = self._reservations.get(reservation.order_id)
        before = known.state if known else ""
        if reservation.state == "HELD" and before not in (*RESERVABLE, "HELD"):
            self._wrong_ways.append(f"order {reservation.order_id} reserves again after its reservation was {before}")
        self._reservations[reservation.order_id] = reservation

    def stock(self, stock: Stock) -> None:
        """Take in what the warehouse says of a product."""
        self._stock[stock.product] = stock

    def balances(self) -> list[Balance]:
        """Give every product as the database and the orders say it is."""
        held: dict[str, int] = {}
        shipped: dict[str, int] = {}
        for order_id, reservation in self._reservations.items():
            sums = {"HELD": held, "SHIPPED": shipped}.get(reservation.state)
            if sums is not None:
                product = self.orders.get(order_id, ("", "", 0))[1]
                sums[product] = sums.get(product, 0) + reservation.quantity
        found = []
        for product in sorted(self._rows.keys() | self._stock.keys() | held.keys() | shipped.keys()):
            stock, reserved, gone = self._rows.get(product), held.get(product, 0), shipped.get(product, 0)
            found.append(Balance(product, stock, reserved, gone, (stock or 0) - gone - reserved))
        return found

    def findings(self) -> list[str]:
        """Say what is not as it must be, a sentence each; of a running suite some of it may only be on its way."""
        wrong = self._wrong_ways[:MOST]
        for balance in self.balances():
            wrong += _off(balance, self._stock.get(balance.product, Stock(balance.product)))
        held = [
            fault
            for order_id, (state, _, quantity) in self.orders.items()
            if (fault := self._held(order_id, state, quantity))
        ]
        strangers = [
            f"order {one} is unknown and holds stock" for one in self._reservations.keys() - self.orders.keys()
        ]
        return wrong + held[:MOST] + strangers[:MOST]

    def _held(self, order_id: str, state: str, quantity: int) -> str | None:
        reservation = self._reservations.get(order_id)
        holds = reservation.state if reservation else "none"
        if state in FINAL and holds == "HELD":
            return f"order {order_id} is {state} and still holds stock"
        if reservation is not None and holds in ("HELD", "SHIPPED") and reservation.quantity != quantity:
            return f"order {order_id} is for {quantity} and holds {reservation.quantity}"
        if self._reserves and state == "VALIDATED" and holds != "HELD":
            return f"order {order_id} is VALIDATED and its reservation is {holds}"
        if self._reserves and (state == "SHIPPED") != (holds == "SHIPPED"):
            return f"order {order_id} is {state} and its reservation is {holds}"
        return None


def _off(balance: Balance, stock: Stock) -> list[str]:
    """Where the warehouse says otherwise."""
    pairs = (
        ("in stock", balance.stock, stock.stock),
        ("reserved", balance.reserved, stock.reserved),
        ("shipped", balance.shipped, stock.shipped),
        ("offered", balance.offered, stock.offered),
    )
    return [
        f"{balance.product}: {found} {what} by the warehouse, {expected} by database and orders"
        for what, expected, found in pairs
        if expected != found
    ]
