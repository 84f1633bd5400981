"""orders, payments by order -> paid orders by customer: a validated order and its payment, if one comes in time.

An order waits as long as a payment may be late. A payment waits longer than it could match, reckoned by the clock: in a
backlog the orders, which go a longer way, come much later than payments of the same time.
"""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import encode
from app.domain.enriched import PaidOrder
from app.domain.order_payments import NOTHING, Awaiting, give_up, paid, validated
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.orders import orders_awaiting_payment

WITHIN_MS = int(app.settings.payment_wait_s * 1000)
PAYMENT_KEPT_MS = max(WITHIN_MS, 60 * 60 * 1000)
ORDERS, PAYMENTS = app.topic_name(topics.orders), app.topic_name(topics.payments_by_order)


def join(record: Any, tx: Transaction) -> None:
    """Take in an order, a payment, or the end of a wait."""
    if record.topic == ORDERS:
        order = codec_orders.orders.decode(record.value)
        if order.state == "VALIDATED":
            before = tx.get(orders_awaiting_payment, record.key) or NOTHING
            _become(record, tx, before, validated(order, record.timestamp, before, WITHIN_MS))
    elif record.topic == PAYMENTS:
        payment = codec_orders.payments.decode(record.value)
        before = tx.get(orders_awaiting_payment, record.key) or NOTHING
        _become(record, tx, before, paid(payment, record.timestamp, before, WITHIN_MS))
    else:
        _give_up(record, tx)


def _become(record: Any, tx: Transaction, before: Awaiting, after: PaidOrder | Awaiting) -> None:
    if isinstance(after, PaidOrder):
        if before is not NOTHING:
            tx.put(orders_awaiting_payment, record.key, None)
            tx.cancel(record.key)
        _send(tx, after, max(record.timestamp, before.at_ms))
    elif after is not before:
        tx.put(orders_awaiting_payment, record.key, after)
        tx.schedule(record.key, WITHIN_MS if after.order else PAYMENT_KEPT_MS)


def _give_up(record: Any, tx: Transaction) -> None:
    before = tx.get(orders_awaiting_payment, record.key) or NOTHING
    tx.put(orders_awaiting_payment, record.key, None)
    unpaid = give_up(before)
    if unpaid is not None:
        _send(tx, unpaid, max(record.timestamp, before.at_ms))


def _send(tx: Transaction, order: PaidOrder, at_ms: int) -> None:
    cause = [("schema", b"1"), ("position", tx.position)]
    tx.repartition(topics.paid_by_customer, order.order.customer_id.encode(), encode(order), cause, at_ms)


@app.agent(
    topics.orders,
    topics.payments_by_order,
    name="order-payments",
    tables=(orders_awaiting_payment,),
    outputs=(topics.paid_by_customer,),
    timers=True,
)
async def order_payments(batches: AsyncIterator[TaskBatch]) -> None:
    """Join validated orders with their payments, whichever comes first."""
    async for batch in batches:
        await batch.transact(join)
