"""The order services on a cluster of their own, and hands to send to them and to see what becomes of it."""

from collections import Counter
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from app import topics
from tests.oracle import read_topic
from tests.workers import Cluster, eventually

T0 = 1_700_000_000_000
CHECKS = ("INVENTORY_CHECK", "FRAUD_CHECK", "ORDER_DETAILS_CHECK")
Sent = tuple[topics.Topic, str, Any, int]


def place(order: str, *, at: int = T0, command: str = "place", **fields: Any) -> Sent:
    """Give the record of an order for 2 JUMPERS by customer 15, but for `fields`."""
    usual = {"customerId": "15", "product": "JUMPERS", "quantity": 2, "price": "5.00"}
    return tell(order, "PlaceOrder", at=at, command=command, **usual | fields)


def tell(order: str, kind: str, *, at: int = T0, command: str = "", **fields: Any) -> Sent:
    """Give the record of a command."""
    value = {"type": kind, "commandId": f"{order}-{command or kind}", "originId": "test", **fields}
    return topics.order_commands, order, value, at


def said(order: str, check: str, result: str = "PASS", at: int = T0, **fields: Any) -> Sent:
    """Give the record of a check."""
    value = {"orderId": order, "checkType": check, "validationResult": result, **fields}
    return topics.order_validations, order, value, at


def row(product: str, quantity: int, at: int = T0 - 1) -> Sent:
    """Give the record of a row of stock."""
    return topics.warehouse_inventory, product, {"product": product, "quantity": quantity}, at


def customer(number: str = "15", level: str = "gold", at: int = T0 - 1) -> Sent:
    """Give the record of a customer."""
    name = {"firstName": "Ann", "lastName": "Lee", "email": f"c{number}@example.com", "address": "1 Road"}
    return topics.customers, number, {"id": number, **name, "level": level}, at


def payment(number: str, order: str, at: int = T0) -> Sent:
    """Give the record of a payment."""
    return topics.payments, number, {"id": number, "orderId": order, "ccy": "EUR", "amount": "10.00"}, at


class Shop:
    """A cluster with the order services."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    async def send(self, *records: Sent) -> None:
        """Send records in order; a value that is bytes goes as it is."""
        async with AIOKafkaProducer(bootstrap_servers=self.cluster.broker, enable_idempotence=True) as producer:
            for topic, key, value, at in records:
                body = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
                await producer.send(self.cluster.topic(topic), body, key=key.encode(), timestamp_ms=at)

    async def records(self, topic: topics.Topic) -> list[Any]:
        """Give all committed records of a topic."""
        return await read_topic(self.cluster.broker, self.cluster.topic(topic))

    async def values(self, topic: topics.Topic, key: str | None = None) -> list[dict[str, Any]]:
        """Give the values of a topic, or of one key in it."""
        found = await self.records(topic)
        return [orjson.loads(one.value) for one in found if key is None or one.key == key.encode()]

    async def count(self, topic: topics.Topic, least: int, key: str | None = None) -> list[dict[str, Any]]:
        """Wait for so many records, of one key if it is given, then give all there are."""

        async def enough() -> list[dict[str, Any]]:
            values = await self.values(topic, key)
            return values if len(values) >= least else []

        found: list[dict[str, Any]] = await eventually(enough, 60, f"{least} records of {topic.name}")
        return found

    async def became(self, order: str, *states: str) -> list[dict[str, Any]]:
        """Wait until an order went through exactly these states; gives its records."""

        async def so() -> list[dict[str, Any]]:
            found = [one for one in await self.values(topics.orders, order) if one]
            return found if [one["state"] for one in found] == list(states) else []

        try:
            found: list[dict[str, Any]] = await eventually(so, 60, f"{order} as {states}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {await self.values(topics.orders, order)}") from None
        return found

    async def table(self, topic: topics.Topic) -> dict[str, Any]:
        """Give what a table's changelog comes to."""
        entries = {one.key: one.value for one in await self.records(topic)}
        return {key.decode(): orjson.loads(value) for key, value in entries.items() if value is not None}

    async def stock(self, product: str) -> dict[str, Any] | None:
        """Give what the warehouse holds of a product."""
        return (await self.table(topics.changelog("inventory"))).get(product)

    async def stocked(self, product: str, **figures: int | None) -> None:
        """Wait until the warehouse holds exactly this of a product."""

        async def so() -> bool:
            return await self.stock(product) == {"product": product, **figures}

        try:
            await eventually(so)
        except AssertionError:
            raise AssertionError(f"{await self.stock(product)} is not {figures}") from None

    async def dead(self) -> Counter[str]:
        """Count the dead letters by source topic."""
        headers = [dict(one.headers) for one in await self.records(topics.dead_letters)]
        cut = len(self.cluster.name) + 1
        return Counter(one["source-topic"].decode()[cut:] for one in headers)
