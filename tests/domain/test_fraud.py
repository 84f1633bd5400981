"""The rules of fraud sessions."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.fraud import GAP_MS, KEPT_MS, Activity, Session, add, check, value
from app.domain.orders import Order
from tests.domain.an_order import an_order

T0 = 1_700_000_000_000
MINUTE = 60_000


def results(*orders: tuple[int, Order]) -> list[str]:
    """What the check says of orders that come in this order, each with its event time."""
    activity, found = Activity("15"), []
    for at, order in orders:
        activity, verdict = check(order, T0 + at, activity)
        found.append(verdict.validation_result)
    return found


def test_an_order_that_brings_a_session_to_the_limit_fails() -> None:
    just_below, one_cent = an_order(quantity=1, price="1999.99"), an_order(quantity=1, price="0.01")
    assert results((0, just_below)) == ["PASS"]
    assert results((0, just_below), (1, one_cent)) == ["PASS", "FAIL"]


def test_refused_orders_count_too() -> None:
    assert results((0, an_order(quantity=1000)), (1, an_order(quantity=1, price="0.01"))) == ["FAIL", "FAIL"]


def test_an_hour_without_an_order_ends_a_session() -> None:
    much = an_order(quantity=300)
    assert results((0, much), (GAP_MS, much)) == ["PASS", "FAIL"]
    assert results((0, much), (GAP_MS + 1, much)) == ["PASS", "PASS"]


def test_a_late_order_that_bridges_two_sessions_makes_them_one() -> None:
    much, little = an_order(quantity=250), an_order(quantity=1)
    assert results((0, much), (90 * MINUTE, much)) == ["PASS", "PASS"]
    assert results((0, much), (90 * MINUTE, much), (45 * MINUTE, little)) == ["PASS", "PASS", "FAIL"]


def test_what_is_below_0_hides_nothing() -> None:
    assert value(an_order(quantity=-1000)) == value(an_order(price="-5.00")) == 0
    assert results((0, an_order(quantity=-1000)), (1, an_order(quantity=400))) == ["PASS", "FAIL"]


def test_sessions_are_kept_for_a_day() -> None:
    sessions, _ = add((Session(T0, T0, Decimal(5)),), T0 + KEPT_MS, Decimal(7))
    assert len(sessions) == 2
    sessions, _ = add(sessions, T0 + KEPT_MS + 1, Decimal(7))
    assert len(sessions) == 1
    later, own = add(sessions, T0, Decimal(3))
    assert (own.total, later) == (3, sessions), "an order of long ago is judged alone and then forgotten"


orders = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 50)), min_size=1, max_size=20)


@settings(max_examples=200)
@given(orders)
def test_sessions_do_not_depend_on_the_order_of_arrival(some: list[tuple[int, int]]) -> None:
    def sessions(of: list[tuple[int, int]]) -> tuple[Session, ...]:
        found: tuple[Session, ...] = ()
        for minute, amount in of:
            found, own = add(found, T0 + minute * MINUTE, Decimal(amount))
            assert own in found
        return found

    found = sessions(some)
    assert found == sessions(sorted(some)) == sessions(some[::-1])
    assert sum(session.total for session in found) == sum(amount for _, amount in some)
    assert sum(session.orders for session in found) == len(some)
    assert all(a.end + GAP_MS < b.start for a, b in pairwise(found))
