"""The rules of stock and reservations."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.orders import Order
from app.domain.stock import Reservation, Stock, ask, give_up, settle
from tests.domain.an_order import an_order

ROW = Stock("JUMPERS", 10)


def outcome(stock: Stock, order: Order, reservation: Reservation | None = None) -> tuple[str, str | None, Stock]:
    """What an order gets: the state of its reservation, the verdict, the stock after it."""
    found = ask(stock, reservation, order)
    return found.reservation.state, found.verdict and found.verdict.validation_result, found.stock


def test_an_order_reserves_what_is_offered() -> None:
    assert outcome(ROW, an_order(quantity=10)) == ("HELD", "PASS", Stock("JUMPERS", 10, reserved=10))
    assert outcome(Stock("JUMPERS", 10, 3, 4), an_order(quantity=3)) == ("HELD", "PASS", Stock("JUMPERS", 10, 6, 4))


def test_more_than_is_offered_is_refused() -> None:
    assert outcome(Stock("JUMPERS", 10, 3, 4), an_order(quantity=4))[:2] == ("REFUSED", "FAIL")
    assert outcome(Stock("JUMPERS", -5), an_order(quantity=1))[:2] == ("REFUSED", "FAIL")


def test_a_quantity_below_1_reserves_nothing() -> None:
    for quantity in (0, -3):
        assert outcome(ROW, an_order(quantity=quantity)) == ("REFUSED", "FAIL", ROW)


def test_an_order_without_a_product_is_refused_at_once() -> None:
    assert outcome(Stock(""), an_order(product=None))[:2] == ("REFUSED", "FAIL")


def test_without_a_row_of_stock_an_order_waits_then_reserves_or_gives_up() -> None:
    waiting = ask(Stock("JUMPERS"), None, an_order()).reservation
    assert (waiting.state, ask(Stock("JUMPERS"), waiting, an_order()).verdict) == ("WAITING", None)
    assert outcome(ROW, an_order(), waiting)[:2] == ("HELD", "PASS")
    refused = give_up(Stock("JUMPERS"), waiting, an_order())
    assert refused is not None
    assert refused.verdict is not None
    assert (refused.reservation.state, refused.verdict.reason) == ("REFUSED", "the warehouse does not know JUMPERS")
    assert give_up(ROW, refused.reservation, an_order()) is None
    assert give_up(ROW, None, an_order()) is None


def test_an_order_that_ended_while_it_waited_reserves_nothing() -> None:
    waiting = ask(Stock("JUMPERS"), None, an_order()).reservation
    ended = settle(Stock("JUMPERS"), waiting, an_order(state="CANCELLED")).reservation
    assert outcome(ROW, an_order(), ended) == ("RELEASED", None, ROW)


class Word(NamedTuple):
    """What the warehouse hears: of an order (by number), or of a row of stock."""

    order: int
    state: str
    quantity: int


words = st.lists(
    st.builds(
        Word,
        st.integers(1, 4),
        st.sampled_from(["CREATED", "CREATED", "FAILED", "CANCELLED", "SHIPPED", "row", "gone", "give up"]),
        st.integers(-2, 8),
    ),
    max_size=30,
)


@settings(max_examples=400)
@given(words)
def test_whatever_comes_in_whatever_order_stock_is_conserved(some: list[Word]) -> None:
    stock = Stock("JUMPERS")
    held: dict[int, Reservation] = {}
    final: set[int] = set()
    quantities: dict[int, int] = {}
    for word in some:
        order = an_order(id=str(word.order), quantity=quantities.setdefault(word.order, word.quantity))
        before = stock.offered
        if word.state in ("row", "gone"):
            stock = Stock("JUMPERS", word.quantity if word.state == "row" else None, stock.reserved, stock.shipped)
        elif word.state == "give up":
            given_up = give_up(stock, held.get(word.order), order)
            if given_up is not None:
                stock, held[word.order] = given_up.stock, given_up.reservation
        elif word.state == "CREATED":
            stock, held[word.order], verdict = ask(stock, held.get(word.order), order)
            if verdict is not None and verdict.validation_result == "PASS":
                assert word.order not in final, "nothing is reserved once an order is final"
                assert before >= order.quantity > 0, "nothing is reserved that is not there"
        else:
            final.add(word.order)
            ended = an_order(id=order.id, quantity=order.quantity, state=word.state)
            stock, held[word.order], _ = settle(stock, held.get(word.order), ended)
        pieces = dict.fromkeys(("HELD", "SHIPPED", "WAITING", "REFUSED", "RELEASED"), 0)
        for reservation in held.values():
            pieces[reservation.state] += reservation.quantity
        assert (stock.reserved, stock.shipped) == (pieces["HELD"], pieces["SHIPPED"])
        assert stock.offered == (stock.stock or 0) - pieces["HELD"] - pieces["SHIPPED"]
        assert all(held[number].state != "HELD" for number in final)
