"""The rules of joining validated orders with payments, and of the mails about them."""

import pytest

from app.domain.customers import Customer
from app.domain.enriched import EnrichedOrder, PaidOrder, email
from app.domain.order_payments import NOTHING, Awaiting, give_up, paid, validated
from app.domain.payments import Payment
from tests.domain.an_order import an_order

ORDER = an_order(state="VALIDATED")
PAYMENT = Payment("p-1", "7", "EUR", "10.00")
MINUTE = 60_000


def waits(found: PaidOrder | Awaiting) -> Awaiting:
    assert isinstance(found, Awaiting)
    return found


@pytest.mark.parametrize("apart", [-MINUTE, 0, MINUTE])
def test_either_may_come_first_within_a_minute(apart: int) -> None:
    order_first = waits(validated(ORDER, MINUTE, NOTHING, MINUTE))
    assert paid(PAYMENT, MINUTE + apart, order_first, MINUTE) == PaidOrder(ORDER, PAYMENT)
    payment_first = waits(paid(PAYMENT, MINUTE + apart, NOTHING, MINUTE))
    assert validated(ORDER, MINUTE, payment_first, MINUTE) == PaidOrder(ORDER, PAYMENT)


def test_a_payment_of_another_time_is_not_joined() -> None:
    order_first = waits(validated(ORDER, 0, NOTHING, MINUTE))
    assert paid(PAYMENT, MINUTE + 1, order_first, MINUTE) is order_first
    payment_first = waits(paid(PAYMENT, 0, NOTHING, MINUTE))
    assert waits(validated(ORDER, MINUTE + 1, payment_first, MINUTE)).order == ORDER


def test_the_first_payment_that_fits_is_joined() -> None:
    early, other = Payment("p-0", "7", "EUR", "1"), Payment("p-2", "7", "EUR", "3")
    waiting = NOTHING
    for payment, at in ((early, 0), (PAYMENT, 2 * MINUTE), (other, 2 * MINUTE)):
        waiting = waits(paid(payment, at, waiting, MINUTE))
    assert validated(ORDER, 2 * MINUTE, waiting, MINUTE) == PaidOrder(ORDER, PAYMENT)


def test_in_the_end_an_order_goes_on_without_a_payment() -> None:
    assert give_up(waits(validated(ORDER, 0, NOTHING, MINUTE))) == PaidOrder(ORDER, None)
    assert give_up(waits(paid(PAYMENT, 0, NOTHING, MINUTE))) is None


def test_a_mail_goes_to_a_customer_with_an_address() -> None:
    ann = Customer("15", "Ann", "Lee", "ann@example.com", "1 Road", "gold")
    mail = email(EnrichedOrder(ORDER, ann, PAYMENT))
    assert mail is not None
    assert (mail.order_id, mail.to, mail.subject) == ("7", "ann@example.com", "Your order 7")
    assert "Dear Ann Lee" in mail.body
    assert "10.00 in all" in mail.body
    assert "EUR 10.00" in mail.body
    assert email(EnrichedOrder(ORDER, None, PAYMENT)) is None
    assert email(EnrichedOrder(ORDER, Customer("15", None, None, None, None, "gold"), None)) is None
