"""given(...).when(...).then(...) for orders, and what tests of orders begin with."""

from dataclasses import dataclass
from typing import Any, Self

from app.domain.decider import Rejected
from app.domain.order_refusals import REFUSALS
from app.domain.orders import (
    UNKNOWN,
    CancelOrder,
    Command,
    Order,
    OrderState,
    OrderStatus,
    PlaceOrder,
    ShipOrder,
    decide,
    note,
    time_out,
)
from app.domain.validations import FRAUD_CHECK, INVENTORY_CHECK, ORDER_DETAILS_CHECK, Validation, Verdict

REQUIRED = (INVENTORY_CHECK, FRAUD_CHECK, ORDER_DETAILS_CHECK)
AT = "2026-01-31T12:00:00.000Z"
CANCEL = CancelOrder("c-2", "web")
SHIP = ShipOrder("c-3", "web")
TIME_OUT = "time out"
Happening = Command | Validation | str


def place(**fields: Any) -> PlaceOrder:
    """A valid command but for `fields`."""
    return PlaceOrder("c-1", "web", **{"customer_id": "15", "product": "JUMPERS", "quantity": 2, "price": "5"} | fields)


def an_order(**fields: Any) -> Order:
    """The order of `place`, just placed, but for `fields`."""
    usual = {"id": "7", "customer_id": "15", "state": "CREATED", "product": "JUMPERS", "quantity": 2, "price": "5.00"}
    return Order(**usual | {"at": AT} | fields)


def said(check: str, result: Verdict = "PASS", reason: str | None = None) -> Validation:
    """What a check says of the order."""
    return Validation("7", check, result, reason)


ALL_PASS = tuple(said(check) for check in REQUIRED)


@dataclass
class Given:
    """An order with a past; the records that the last happening gave, or why it was refused."""

    required: tuple[str, ...] = REQUIRED
    state: OrderState = UNKNOWN
    records: tuple[Order, ...] = ()
    refusal: Rejected | None = None

    def when(self, *happenings: Happening) -> Self:
        """Let these happen one after the other."""
        for happening in happenings:
            self.records, self.refusal = (), None
            after = self._after(happening)
            if isinstance(after, Rejected):
                self.refusal = after
                continue
            for state in after:
                if state.version != self.state.version:
                    assert state.version == self.state.version + 1
                    assert state.order is not None
                    self.records += (state.order,)
                self.state = state
        return self

    def _after(self, happening: Happening) -> tuple[OrderState, ...] | Rejected:
        if isinstance(happening, Validation):
            return note(happening, self.state, AT, self.required)
        if isinstance(happening, str):
            return time_out(self.state, AT, self.required)
        return decide(happening, "7", self.state, AT, self.required)

    def then(self, *states: OrderStatus) -> Self:
        """The last happening gave exactly these records of the order."""
        assert self.refusal is None, self.refusal
        assert tuple(record.state for record in self.records) == states
        return self

    def because(self, *reasons: str) -> Self:
        """The order names these reasons."""
        assert self.state.order is not None
        assert self.state.order.reasons == reasons
        return self

    def refused(self, code: str, field: str | None = None) -> Self:
        """The last command was refused by `code`, which names `field`."""
        assert self.refusal is not None
        assert (self.refusal.code, self.refusal.field) == (code, field)
        assert code in REFUSALS
        assert "{" not in self.refusal.message
        return self


def given(*happenings: Happening, required: tuple[str, ...] = REQUIRED) -> Given:
    """An order to which these happened; none: an id never used."""
    return Given(required).when(*happenings)
