"""payments -> payments by order: each payment once."""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import decode_key
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.orders import payments_seen


def receive(record: Any, tx: Transaction) -> None:
    """Pass a payment on to its order, unless one of this id was before: whatever it says then, it has no effect."""
    decode_key(record.key)
    payment = codec_orders.payments.decode(record.value)
    if tx.get(payments_seen, record.key) is None:
        tx.put(payments_seen, record.key, record.value)
        cause = [("schema", b"1"), ("position", tx.position)]
        tx.repartition(topics.payments_by_order, payment.order_id.encode(), record.value, cause)


@app.agent(
    topics.payments,
    name="payments",
    tables=(payments_seen,),
    outputs=(topics.payments_by_order,),
)
async def payments(batches: AsyncIterator[TaskBatch]) -> None:
    """Pass each payment on to its order, once."""
    async for batch in batches:
        await batch.transact(receive)
