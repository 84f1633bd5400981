"""The rules of line items and of totals; the numbers are those of the rule's edge."""

import pytest

from app.domain.invoices import Command, InvoiceSent, LineItem, LineItemAdded, LineItemRemoved, PaymentReceived
from tests.domain.an_invoice import CREATED, NO_NUMBERS, PAID, TEA, WORK, add, remove
from tests.domain.given import given


def test_an_item_added_raises_the_total() -> None:
    given(CREATED).when(add()).then(WORK).state_is(total="250.00", balance="250.00", version=2)


@pytest.mark.parametrize("description", ["x", "x" * 500])
def test_a_description_has_1_to_500_characters(description: str) -> None:
    given(CREATED).when(add(description=description)).then(LineItemAdded(description, "2.5", "100.00"))


@pytest.mark.parametrize("description", ["", " ", "x" * 501, "a\tb"])
def test_a_description_is_neither_blank_nor_too_long(description: str) -> None:
    given(CREATED).when(add(description=description)).refused("invalid-description", "description")


@pytest.mark.parametrize("quantity", ["0.000001", "1", "1.0", "10", "999999999.999999"])
def test_a_quantity_is_above_0_and_keeps_its_text(quantity: str) -> None:
    given(CREATED).when(add(quantity=quantity)).then(LineItemAdded("Work", quantity, "100.00"))


@pytest.mark.parametrize("quantity", ["0", "0.0", "0.0000001", "1000000000", "1.0000000", "9" * 5000, *NO_NUMBERS])
def test_a_quantity_out_of_its_limits_is_refused(quantity: str) -> None:
    given(CREATED).when(add(quantity=quantity)).refused("invalid-quantity", "quantity")


@pytest.mark.parametrize("price", ["0", "0.00", "0.01", "5.5", "999999999.99"])
def test_a_price_may_be_0_and_keeps_its_text(price: str) -> None:
    given(CREATED).when(add(price=price)).then(LineItemAdded("Work", "2.5", price))


@pytest.mark.parametrize("price", ["-0.01", "0.001", "1.000", "1000000000", *NO_NUMBERS])
def test_a_price_out_of_its_limits_is_refused(price: str) -> None:
    given(CREATED).when(add(price=price)).refused("invalid-price", "price")


def test_an_invoice_holds_at_most_100_items() -> None:
    given(CREATED, *[TEA] * 99).when(add()).then(WORK)
    given(CREATED, *[TEA] * 100).when(add()).refused("too-many-items")


@pytest.mark.parametrize("command", [add(), remove(0)])
def test_items_change_only_in_a_draft_with_nothing_paid(command: Command) -> None:
    given(CREATED, WORK, InvoiceSent()).when(command).refused("not-draft")
    given(CREATED, WORK, PAID).when(command).refused("not-draft")
    given(CREATED, WORK, PaymentReceived("0.01")).when(command).refused("has-payments")


def test_an_item_removed_lowers_the_total_and_the_later_ones_move_up() -> None:
    left = given(CREATED, WORK, TEA).when(remove(0)).then(LineItemRemoved(0))
    left.state_is(total="3.00", balance="3.00", line_items=(LineItem("Tea", "1", "3"),), version=4)


@pytest.mark.parametrize("index", [-1, 1, 10**30])
def test_an_item_that_is_not_there_cannot_be_removed(index: int) -> None:
    given(CREATED, WORK).when(remove(index)).refused("no-such-item", "index")


@pytest.mark.parametrize(
    ("quantity", "price", "total"), [("0.5", "0.01", "0.00"), ("1.5", "0.01", "0.02"), ("2.5", "0.01", "0.02")]
)
def test_a_line_is_rounded_half_even_to_cents(quantity: str, price: str, total: str) -> None:
    given(CREATED, LineItemAdded("Work", quantity, price)).state_is(total=total)


def test_each_line_is_rounded_before_they_are_summed() -> None:
    given(CREATED, *[LineItemAdded("Work", "1.5", "0.01")] * 3).state_is(total="0.06")


def test_the_largest_total_is_exact() -> None:
    largest = [LineItemAdded("Work", "999999999.999999", "999999999.99")] * 100
    # 100 x (10^9 - 10^-6) x (10^9 - 10^-2), each line rounded
    given(CREATED, *largest).state_is(total="99999999998999900000.00", balance="99999999998999900000.00")
