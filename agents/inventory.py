"""orders by product, warehouse-inventory -> order-validations: one order after the other reserves what there is."""

from collections.abc import AsyncIterator
from typing import Any

from app import codec_orders, topics
from app.codec import encode
from app.domain.orders import Order
from app.domain.stock import Outcome, Stock, ask, give_up, settle
from app.engine.task import TaskBatch
from app.engine.transaction import Transaction
from app.main import app
from tables.stock import inventory, orders_awaiting_stock, reservations

GRACE_MS = int(app.settings.join_grace_s * 1000)
ORDERS, STOCK = app.topic_name(topics.orders_by_product), app.topic_name(topics.warehouse_inventory)


def keep(record: Any, tx: Transaction) -> None:
    """Take in an order, a row of stock, or the end of the wait for one."""
    if record.topic == ORDERS:
        _order(record, tx)
    elif record.topic == STOCK:
        _row(record, tx)
    else:
        _give_up(record, tx)


def _order(record: Any, tx: Transaction) -> None:
    order = codec_orders.orders.decode(record.value)
    order_id, stock = order.id.encode(), _stock(tx, record.key)
    reservation = tx.get(reservations, order_id)
    if order.state != "CREATED":
        _become(tx, record.key, order, stock, settle(stock, reservation, order), record.timestamp)
        return
    if reservation is None:
        outcome = ask(stock, None, order)
        if outcome.reservation.state == "WAITING":
            _wait(record, tx, order_id)
        _become(tx, record.key, order, stock, outcome, record.timestamp)


def _wait(record: Any, tx: Transaction, order_id: bytes) -> None:
    waiting = _waiting_key(record.key, record.offset)
    tx.put(orders_awaiting_stock, waiting, max(0, record.timestamp).to_bytes(8, "big") + record.value)
    tx.schedule(order_id, GRACE_MS, waiting)


def _row(record: Any, tx: Transaction) -> None:
    """Note what the database says, and judge the orders that waited for it, in their order."""
    codec_orders.decode_text(record.key)
    quantity = None if record.value is None else codec_orders.stock_rows.decode(record.value).quantity
    before = _stock(tx, record.key)
    stock = Stock(before.product, quantity, before.reserved, before.shipped)
    tx.put(inventory, record.key, stock)
    if quantity is None or before.stock is not None:
        return
    for waiting, entry in tx.scan(orders_awaiting_stock, record.key + b"\x00"):
        if len(waiting) == len(record.key) + 9:
            order, at_ms = _waiting(entry)
            order_id = order.id.encode()
            tx.put(orders_awaiting_stock, waiting, None)
            tx.cancel(order_id)
            outcome = ask(stock, tx.get(reservations, order_id), order)
            _become(tx, record.key, order, stock, outcome, max(at_ms, record.timestamp))
            stock = outcome.stock


def _give_up(record: Any, tx: Transaction) -> None:
    entry = tx.get(orders_awaiting_stock, record.value)
    if entry is None:
        return
    order, at_ms = _waiting(entry)
    product = record.value[:-9]
    stock = _stock(tx, product)
    outcome = give_up(stock, tx.get(reservations, record.key), order)
    tx.put(orders_awaiting_stock, record.value, None)
    if outcome is not None:
        _become(tx, product, order, stock, outcome, max(at_ms, record.timestamp))


def _become(tx: Transaction, product: bytes, order: Order, before: Stock, outcome: Outcome, at_ms: int) -> None:
    """Keep an outcome, and tell what it says of the order."""
    order_id = order.id.encode()
    if outcome.reservation is not tx.get(reservations, order_id):  # else it was final before
        tx.put(reservations, order_id, outcome.reservation)
    if outcome.stock is not before:
        tx.put(inventory, product, outcome.stock)
    if outcome.verdict is not None:
        cause = [("schema", b"1"), ("position", tx.position)]
        tx.repartition(topics.order_validations, order_id, encode(outcome.verdict), cause, at_ms)


def _stock(tx: Transaction, product: bytes) -> Stock:
    stock: Stock | None = tx.get(inventory, product)
    return stock or Stock(product.decode())


def _waiting_key(product: bytes, offset: int) -> bytes:
    """Give the key of a waiting order: in order of arrival within a product. Stored: do not change."""
    return product + b"\x00" + offset.to_bytes(8, "big")


def _waiting(entry: bytes) -> tuple[Order, int]:
    return codec_orders.orders.decode(entry[8:]), int.from_bytes(entry[:8], "big")


@app.agent(
    topics.orders_by_product,
    topics.warehouse_inventory,
    name="inventory",
    tables=(inventory, reservations, orders_awaiting_stock),
    outputs=(topics.order_validations,),
    timers=True,
)
async def warehouse(batches: AsyncIterator[TaskBatch]) -> None:
    """Reserve stock for new orders, release or ship it with final ones; orders of unknown products wait a while."""
    async for batch in batches:
        await batch.transact(keep)
