"""Load: valid and refused invoice commands at a rate, repeatable by seed, with a record of what was sent."""

import asyncio
import random
import time

import orjson
from aiokafka import AIOKafkaProducer


def command(rng: random.Random, number: int) -> dict[str, object]:
    """Give the next command for some invoice: mostly accepted, some refused by a rule."""
    common = {"commandId": f"c{number}", "originId": "load", "expectedVersion": None}
    kind = rng.random()
    if kind < 0.1:
        head = {
            "customerName": "Ann",
            "customerEmail": "ann@example.org",
            "issueDate": "2026-01-01",
            "dueDate": "2026-02-01",
        }
        return {"type": "CreateInvoice", **common, **head, "lineItems": []}
    if kind < 0.9:
        return {
            "type": "AddLineItem",
            **common,
            "description": "thing",
            "quantity": "2",
            "price": f"{rng.randrange(9999) / 100:.2f}",
        }
    if kind < 0.99:
        return {"type": "RemoveLineItem", **common, "index": rng.randrange(3)}
    return {"type": "PayInvoice", **common, "amount": f"{rng.randrange(1, 500) / 100:.2f}"}


async def send(
    broker: str, topic: str, *, rate: int, seconds: float, keys: int = 500, seed: int = 1, start: int = 0
) -> int:
    """Send `rate` commands a second for some seconds, all acknowledged; gives how many."""
    rng = random.Random(seed)
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True, linger_ms=2)
    await producer.start()
    sent, began, pending, total = 0, time.monotonic(), [], int(rate * seconds)
    try:
        while sent < total:
            due = min(total, int((time.monotonic() - began) * rate)) - sent
            for _ in range(due):
                body = orjson.dumps(command(rng, start + sent))
                pending.append(await producer.send(topic, body, key=b"invoice-%d" % rng.randrange(keys)))
                sent += 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*pending)
    finally:
        await producer.stop()
    return sent
