"""Calls to the orders service, and the rows of the database that it needs."""

import json
import time
import uuid
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer

from app import topics
from tests.workers import Cluster

T0 = 1_760_000_000_000


def new_order(product: str = "JUMPERS", **fields: Any) -> dict[str, Any]:
    """Make an order's body, of a customer of its own: whoever orders much is refused."""
    order_id = f"o-{uuid.uuid4().hex[:12]}"
    made = {"id": order_id, "customerId": f"c-{order_id}", "state": "CREATED", "product": product}
    return {**made, "quantity": 1, "price": 5.0, **fields}


def new_product() -> str:
    return f"P-{uuid.uuid4().hex[:8]}"


async def send(cluster: Cluster, topic: topics.Topic, *rows: tuple[str, Any], at_ms: int | None = None) -> None:
    """Put rows into a topic, as the source does; None deletes one."""
    producer = AIOKafkaProducer(bootstrap_servers=cluster.broker, enable_idempotence=True)
    await producer.start()
    try:
        for key, row in rows:
            body = None if row is None else json.dumps(row).encode()
            at = at_ms or int(time.time() * 1000)
            await producer.send(cluster.topic(topic), body, key=key.encode(), timestamp_ms=at)
        await producer.flush()
    finally:
        await producer.stop()


async def stock(cluster: Cluster, **quantities: int) -> None:
    """Say how much the warehouse has of some products."""
    rows = [(product, {"product": product, "quantity": quantity}) for product, quantity in quantities.items()]
    await send(cluster, topics.warehouse_inventory, *rows)


async def customer(cluster: Cluster, number: str, first: str = "Ada", last: str = "Byron", level: str = "gold") -> None:
    """Say who a customer is."""
    row = {"id": number, "firstName": first, "lastName": last, "email": f"{first}@example.org".lower(), "address": None}
    await send(cluster, topics.customers, (number, {**row, "level": level}))


async def place(http: aiohttp.ClientSession, web: str, **order: Any) -> dict[str, Any]:
    """Place an order; gives what it became."""
    async with http.post(f"{web}/v1/orders", json=order) as answer:
        body: dict[str, Any] = await answer.json(content_type=None)
        assert answer.status == 201, body
        return body


async def validated(http: aiohttp.ClientSession, web: str, order: dict[str, Any]) -> dict[str, Any]:
    """Wait for the verdict on an order; gives what it became."""
    status, body, _ = await ask(http, "GET", f"{web}/v1/orders/{order['id']}/validated")
    assert status == 200, body
    return dict(body)


async def ask(http: aiohttp.ClientSession, method: str, url: str, **how: Any) -> tuple[int, Any, Any]:
    """Call; gives status, decoded body, headers."""
    async with http.request(method, url, **how) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers
