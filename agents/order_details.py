"""orders -> order-validations, and the same orders by product (inventory) and by customer (fraud).

Three small services in one task: they read the same topic by the same key, and a transaction costs more than they do.
"""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import encode
from app.domain import order_details as domain
from app.domain.orders import FINAL
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app


def pass_on(record: Any, tx: Transaction) -> None:
    """Check a new order; let the services that judge or hold something for it know where it stands."""
    order = codec_orders.orders.decode(record.value)
    cause = [("schema", b"1"), ("position", tx.position)]
    if order.state == "CREATED":
        tx.emit(topics.order_validations, record.key, encode(domain.check(order)), cause)
        tx.repartition(topics.orders_by_customer, order.customer_id.encode(), record.value, cause)
    elif order.state not in FINAL:
        return
    tx.repartition(topics.orders_by_product, (order.product or "").encode(), record.value, cause)


@app.agent(
    topics.orders,
    name="order-details",
    outputs=(topics.order_validations, topics.orders_by_product, topics.orders_by_customer),
)
async def order_details(batches: AsyncIterator[TaskBatch]) -> None:
    """Check the details of new orders; pass orders on by product and by customer."""
    async for batch in batches:
        await batch.transact(pass_on)
