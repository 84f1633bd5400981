"""The simulator's orders are repeatable, mostly right, and wrong where a check should show."""

import itertools
from collections import defaultdict
from decimal import Decimal

from app import codec, codec_orders
from app.domain.decider import Rejected, valid_id
from app.domain.orders import UNKNOWN, CancelOrder, PlaceOrder, ShipOrder, decide
from app.domain.payments import Payment
from app.simulate.orders import Step, shop

AT = "2026-01-31T12:00:00.000Z"


def steps(seed: int, orders: int, rate: float = 5) -> list[Step]:
    return [step for round_ in itertools.islice(shop(seed, rate), orders) for step in round_]


def placed(sample: list[Step]) -> list[PlaceOrder]:
    return [record for _, record in sample if isinstance(record, PlaceOrder)]


def test_the_same_seed_gives_the_same_orders() -> None:
    assert steps(7, 500) == steps(7, 500)
    assert steps(7, 500) != steps(8, 500)


def test_every_record_is_one_that_the_services_can_read() -> None:
    for key, record in steps(1, 2000):
        decode = codec_orders.payments.decode if isinstance(record, Payment) else codec_orders.order_commands.decode
        assert decode(codec.encode(record)) == record
        assert valid_id(key)


def test_every_order_can_be_placed_whatever_is_wrong_with_it() -> None:
    for key, record in steps(2, 2000):
        if isinstance(record, PlaceOrder):
            assert not isinstance(decide(record, key, UNKNOWN, AT, ("FRAUD_CHECK",)), Rejected)


def test_an_order_is_placed_first_then_paid_shipped_or_cancelled() -> None:
    lives = defaultdict(list)
    for key, record in steps(3, 3000):
        lives[record.order_id if isinstance(record, Payment) else key].append(type(record))
    assert len(lives) == 3000
    assert all(life[0] is PlaceOrder and life.count(PlaceOrder) == 1 for life in lives.values())
    shares = {kind: sum(kind in life for life in lives.values()) / 3000 for kind in (Payment, ShipOrder, CancelOrder)}
    assert 0.8 < shares[Payment] < 0.9
    assert 0.7 < shares[ShipOrder] < 0.85
    assert 0.03 < shares[CancelOrder] < 0.07
    assert any(life.count(Payment) == 2 for life in lives.values())


def test_payments_pay_their_orders() -> None:
    sample = steps(4, 1000)
    worth = {key: Decimal(r.price) * r.quantity for key, r in sample if isinstance(r, PlaceOrder)}
    payments = [record for _, record in sample if isinstance(record, Payment)]
    assert all(Decimal(payment.amount) == max(worth[payment.order_id], Decimal("0.01")) for payment in payments)


def test_a_few_orders_are_too_large_impossible_or_of_nothing_there_is() -> None:
    sample = placed(steps(5, 4000))
    assert 0.01 < sum(Decimal(order.price) * order.quantity >= 2000 for order in sample) / 4000 < 0.03
    assert 0.008 < sum(order.quantity < 1 for order in sample) / 4000 < 0.025
    assert 0.005 < sum(order.quantity > 100_000 for order in sample) / 4000 < 0.02
    assert {order.product for order in sample} == {"JUMPERS", "UNDERPANTS", "STOCKINGS", "WINGS"}


def test_occasional_customers_take_turns_and_seldom_spend_much_in_one_visit() -> None:
    sample = placed(steps(6, 9000))
    spent: dict[str, list[Decimal]] = defaultdict(list)
    for order in sample:
        spent[order.customer_id].append(Decimal(order.price) * max(order.quantity, 0))
    occasional = {customer: sums for customer, sums in spent.items() if int(customer) > 1000}
    assert len(occasional) > 4000
    assert all(len(sums) <= 3 for sums in occasional.values())
    assert sum(sum(sums) >= 2000 for sums in occasional.values()) / len(occasional) < 0.06
    assert {customer for customer in spent if int(customer) <= 1000} == {str(number) for number in range(1, 21)}
