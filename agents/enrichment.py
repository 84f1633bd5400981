"""paid orders by customer, customers -> orders-enriched, orders-{level}, order-emails."""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import encode
from app.domain.enriched import EnrichedOrder, email
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.customers import customers

CUSTOMERS = app.topic_name(topics.customers)


def enrich(record: Any, tx: Transaction) -> None:
    """Take in a customer, or send on an order with its customer as it is now."""
    if record.topic == CUSTOMERS:
        codec_orders.decode_text(record.key)
        row = None if record.value is None else codec_orders.customers.decode(record.value)
        tx.put(customers, record.key, row, record.value)
        return
    paid = codec_orders.paid_orders.decode(record.value)
    customer = tx.get(customers, record.key)
    enriched = EnrichedOrder(paid.order, customer, paid.payment)
    cause = [("schema", b"1"), ("position", tx.position)]
    value = encode(enriched)
    tx.emit(topics.orders_enriched, record.key, value, cause)
    if customer is not None:
        tx.emit(topics.orders_by_level[customer.level], record.key, value, cause)
    mail = email(enriched)
    if mail is not None:
        tx.repartition(topics.order_emails, mail.order_id.encode(), encode(mail), cause)


@app.agent(
    topics.paid_by_customer,
    topics.customers,
    name="enrichment",
    tables=(customers,),
    outputs=(topics.orders_enriched, *topics.orders_by_level.values(), topics.order_emails),
)
async def enrichment(batches: AsyncIterator[TaskBatch]) -> None:
    """Send on validated orders with their customers and payments, and a mail about each."""
    async for batch in batches:
        await batch.transact(enrich)
