"""Audits over whole topics: what the domain's rules of proof say of what Kafka holds."""

from app import codec_orders, topics
from app.codec import Codec, Undecodable
from app.domain.order_audit import Audit
from app.domain.stock import Reservation, Stock
from app.settings import Settings
from app.topic_reader import read

RESERVATIONS, STOCK = topics.changelog("reservations"), topics.changelog("inventory")
_reservations: Codec[Reservation] = Codec(Reservation)
_stock: Codec[Stock] = Codec(Stock)


async def orders(settings: Settings) -> Audit:
    """Read what there is of orders and stock. What is read first is the oldest: effects before their causes."""
    audit = Audit(settings.order_checks)
    async for topic, records in read(settings, STOCK, RESERVATIONS, topics.warehouse_inventory, topics.orders):
        for record in records:
            _take(audit, topic, record.key, record.value)
    return audit


def _take(audit: Audit, topic: topics.Topic, key: bytes, value: bytes | None) -> None:
    try:
        if topic is topics.warehouse_inventory:
            product = codec_orders.decode_text(key)
            audit.row(product, None if value is None else codec_orders.stock_rows.decode(value).quantity)
        elif topic is topics.orders:
            audit.order(codec_orders.orders.decode(value))
        elif value is not None and topic is RESERVATIONS:
            audit.reservation(_reservations.decode(value))
        elif value is not None:
            audit.stock(_stock.decode(value))
    except Undecodable:  # a dead letter for everybody else, too
        return
