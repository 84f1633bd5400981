"""The rules of sending, paying and deleting."""

from typing import Any

import pytest

from app.domain.invoices import InvoiceDeleted, InvoiceSent, PaymentReceived
from tests.domain.an_invoice import CREATED, DELETE, NO_NUMBERS, PAID, SEND, WORK, pay
from tests.domain.given import given


def test_a_draft_with_an_item_can_be_sent_once() -> None:
    given(CREATED, WORK).when(SEND).then(InvoiceSent()).state_is(status="Sent").when(SEND).refused("not-draft")


def test_an_invoice_without_items_cannot_be_sent() -> None:
    given(CREATED).when(SEND).refused("no-items")


def test_a_payment_without_an_amount_pays_the_balance() -> None:
    given(CREATED, WORK).when(pay()).then(PAID).state_is(status="Paid", paid="250.00", balance="0.00")
    given(CREATED, WORK, PaymentReceived("0.01")).when(pay()).then(PaymentReceived("249.99"))


@pytest.mark.parametrize(("past", "status"), [([CREATED, WORK], "Draft"), ([CREATED, WORK, InvoiceSent()], "Sent")])
def test_parts_may_be_paid_until_the_balance_is_0(past: list[Any], status: str) -> None:
    part = given(*past).when(pay("249.99")).then(PaymentReceived("249.99"))
    part.state_is(status=status, balance="0.01").when(pay("0.01")).state_is(status="Paid", balance="0.00")


def test_a_payment_event_always_has_two_decimals() -> None:
    given(CREATED, WORK).when(pay("5")).then(PaymentReceived("5.00"))


@pytest.mark.parametrize("amount", ["250.01", "1000000000", "9" * 5000])
def test_no_more_than_the_balance_can_be_paid(amount: str) -> None:
    given(CREATED, WORK).when(pay(amount)).refused("amount-exceeds-balance", "amount")


@pytest.mark.parametrize("amount", ["0", "0.00", "0.001", *NO_NUMBERS])
def test_an_amount_out_of_its_limits_is_refused(amount: str) -> None:
    given(CREATED, WORK).when(pay(amount)).refused("invalid-amount", "amount")


def test_where_nothing_is_owed_nothing_can_be_paid() -> None:
    given(CREATED).when(pay()).refused("nothing-to-pay")
    given(CREATED).when(pay("0.01")).refused("amount-exceeds-balance", "amount")
    given(CREATED, WORK, PAID).when(pay()).refused("already-paid")


def test_a_draft_or_sent_invoice_can_be_deleted_while_nothing_is_paid() -> None:
    given(CREATED).when(DELETE).then(InvoiceDeleted()).state_is(status="Deleted", version=2)
    given(CREATED, WORK, InvoiceSent()).when(DELETE).then(InvoiceDeleted())
    given(CREATED, WORK, PaymentReceived("0.01")).when(DELETE).refused("has-payments")
    given(CREATED, WORK, PAID).when(DELETE).refused("has-payments")
