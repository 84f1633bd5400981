"""orders by customer -> order-validations: what a customer orders in one session has a limit."""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import encode
from app.domain import fraud as domain
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.customers import fraud_sessions


def watch(record: Any, tx: Transaction) -> None:
    """Judge a new order by all that its customer ordered in the same session."""
    order = codec_orders.orders.decode(record.value)
    activity = tx.get(fraud_sessions, record.key) or domain.Activity(order.customer_id)
    activity, verdict = domain.check(order, record.timestamp, activity)
    tx.put(fraud_sessions, record.key, activity)
    cause = [("schema", b"1"), ("position", tx.position)]
    tx.repartition(topics.order_validations, order.id.encode(), encode(verdict), cause)


@app.agent(
    topics.orders_by_customer,
    name="fraud",
    tables=(fraud_sessions,),
    outputs=(topics.order_validations,),
)
async def fraud(batches: AsyncIterator[TaskBatch]) -> None:
    """Sum up what each customer orders within a session; from a limit on orders are refused."""
    async for batch in batches:
        await batch.transact(watch)
