"""What the audit of orders finds, and that it finds nothing where nothing is wrong."""

from collections.abc import Callable

import pytest

from app.domain.order_audit import Audit, Balance
from app.domain.stock import Reservation, ReservationState, Stock
from tests.domain.an_order import REQUIRED, an_order


def audit(*, state: str = "VALIDATED", held: ReservationState = "HELD", stock: Stock | None = None) -> Audit:
    """A suite with 10 JUMPERS and an order for 2 of them."""
    found = Audit(REQUIRED)
    found.row("JUMPERS", 10)
    found.order(an_order())
    found.order(an_order(state="VALIDATED"))
    if state != "VALIDATED":
        found.order(an_order(state=state))
    found.reservation(Reservation("7", 2, "HELD"))
    if held != "HELD":
        found.reservation(Reservation("7", 2, held))
    found.stock(stock or Stock("JUMPERS", 10, 2 * (held == "HELD"), 2 * (held == "SHIPPED")))
    return found


@pytest.mark.parametrize(
    ("state", "held", "balance"),
    [
        ("VALIDATED", "HELD", Balance("JUMPERS", 10, 2, 0, 8)),
        ("SHIPPED", "SHIPPED", Balance("JUMPERS", 10, 0, 2, 8)),
        ("CANCELLED", "RELEASED", Balance("JUMPERS", 10, 0, 0, 10)),
    ],
)
def test_what_is_right_is_not_found(state: str, held: ReservationState, balance: Balance) -> None:
    found = audit(state=state, held=held)
    assert found.findings() == []
    assert found.balances() == [balance]


def twice(found: Audit) -> None:
    found.reservation(Reservation("7", 2, "RELEASED"))
    found.reservation(Reservation("7", 2, "HELD"))


WRONGS: list[tuple[Callable[[], Audit], Callable[[Audit], None], str]] = [
    (audit, twice, "order 7 reserves again after its reservation was RELEASED"),
    (audit, lambda found: found.order(an_order(state="VALIDATED")), "order 7 is VALIDATED after it was VALIDATED"),
    (audit, lambda found: found.order(an_order(state="CANCELLED")), "order 7 is CANCELLED and still holds stock"),
    (audit, lambda found: found.row("JUMPERS", 11), "JUMPERS: 10 in stock by the warehouse, 11 by database and orders"),
    (audit, lambda found: found.stock(Stock("JUMPERS", 10)), "JUMPERS: 0 reserved by the warehouse, 2 by database"),
    (audit, lambda found: found.reservation(Reservation("8", 1, "HELD")), "order 8 is unknown and holds stock"),
    (audit, lambda found: found.reservation(Reservation("7", 3, "HELD")), "order 7 is for 2 and holds 3"),
    (lambda: audit(held="RELEASED"), lambda _: None, "order 7 is VALIDATED and its reservation is RELEASED"),
    (lambda: audit(state="SHIPPED"), lambda _: None, "order 7 is SHIPPED and still holds stock"),
]


@pytest.mark.parametrize(("begin", "spoil", "finding"), WRONGS)
def test_what_is_wrong_is_found(begin: Callable[[], Audit], spoil: Callable[[Audit], None], finding: str) -> None:
    found = begin()
    spoil(found)
    assert [one for one in found.findings() if one.startswith(finding)]
