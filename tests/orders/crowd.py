"""A crowd of customers at a rate, repeatable by seed, and what must have come of all they did."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from app import audits, topics
from app.domain.order_audit import NEXT
from app.engine.store import now_ms
from app.settings import Settings
from tests.orders.shop import CHECKS, Sent, Shop, customer, payment, place, row, tell

PRODUCTS = ("JUMPERS", "UNDERPANTS", "STOCKINGS", "HATS", "NOTHING")  # the last one is not in stock
CUSTOMERS = 400
KNOWN = 380  # of them are in the database
LEVELS = ("bronze", "silver", "gold", "platinum")


async def open_up(shop: Shop) -> None:
    """Fill the warehouse, and let the customers be known."""
    await shop.send(*(row(product, 5000 * (product != "HATS") + 100) for product in PRODUCTS[:-1]))
    await shop.send(*(customer(str(number), LEVELS[number % 4]) for number in range(KNOWN)))


async def order(shop: Shop, *, count: int, rate: int, seed: int = 1) -> None:
    """Place `count` orders, `rate` a second; pay for most; cancel or ship some a while later."""
    rng, began, pending = random.Random(seed), time.monotonic(), []
    async with AIOKafkaProducer(bootstrap_servers=shop.cluster.broker, enable_idempotence=True) as producer:
        for number in range(count):
            for topic, key, value, at in _customer(rng, number, rate):
                name = shop.cluster.topic(topic)
                pending.append(await producer.send(name, orjson.dumps(value), key=key.encode(), timestamp_ms=at))
            await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
        await asyncio.gather(*pending)


def _customer(rng: random.Random, number: int, rate: int) -> list[Sent]:
    name, now, product = f"o-{number}", now_ms(), PRODUCTS[min(4, rng.randrange(40) % 5 + (rng.random() < 0.02))]
    buyer, quantity = str(rng.randrange(CUSTOMERS)), rng.choice((1, 1, 2, 3, 3, 0 if rng.random() < 0.05 else 1))
    price = f"{rng.randrange(100, 6000) / 100:.2f}"
    sent = [place(name, at=now, product=product, customerId=buyer, quantity=quantity, price=price)]
    if rng.random() < 0.1:
        sent.append(sent[0])  # sent twice by an anxious client
    if rng.random() < 0.7:
        sent.append(payment(f"p-{number}", name, at=now))
    earlier = number - int(rate * rng.uniform(0, 3))
    if earlier >= 0 and rng.random() < 0.4:
        kind = rng.choice(("CancelOrder", "ShipOrder"))
        sent.append(tell(f"o-{earlier}", kind, at=now, command=f"{kind}-{number}"))
    return sent


async def wrong(shop: Shop, placed: int) -> list[str]:
    """Compare everything with everything; say what does not fit, nothing when all is well."""
    findings = (
        await audits.orders(Settings(broker=shop.cluster.broker, topic_prefix=f"{shop.cluster.name}-"))
    ).findings()
    states: dict[str, list[str]] = defaultdict(list)
    for one in await shop.values(topics.orders):
        states[one["id"]].append(one["state"])
    if len(states) != placed:
        findings.append(f"{len(states)} of {placed} orders")
    for name, path in states.items():
        steps = zip(["", *path], path, strict=False)
        if not all(after in NEXT[before] for before, after in steps) or path[-1] == "CREATED":
            findings.append(f"{name} went {path}")
    findings += await _commands(shop)
    findings += await _checks(shop)
    findings += await _enriched(shop, {name for name, path in states.items() if "VALIDATED" in path})
    sessions = await shop.table(topics.changelog("fraud-sessions"))
    counted = sum(session["orders"] for one in sessions.values() for session in one["sessions"])
    if counted != placed:
        findings.append(f"the fraud service counted {counted} of {placed} orders")
    return findings[:10]


async def _commands(shop: Shop) -> list[str]:
    asked = {(one.key, orjson.loads(one.value)["commandId"]) for one in await shop.records(topics.order_commands)}
    answered = Counter(
        (one.key, orjson.loads(one.value)["commandId"]) for one in await shop.records(topics.order_results)
    )
    return [f"result of {what}: {answered[what]}" for what in asked if answered[what] != 1]


async def _checks(shop: Shop) -> list[str]:
    """Each check says its word once; but nobody asks any more whether an order that ended may wait for its product."""
    said = Counter((one["orderId"], one["checkType"]) for one in await shop.values(topics.order_validations))
    products = {one["id"]: one["product"] for one in await shop.values(topics.orders)}
    return [
        f"{name}: {check} {said[name, check]} times"
        for name, product in products.items()
        for check in CHECKS
        if said[name, check] > 1 or (said[name, check] == 0 and (product, check) != ("NOTHING", "INVENTORY_CHECK"))
    ]


async def _enriched(shop: Shop, validated: set[str]) -> list[str]:
    everything = {one["order"]["id"]: one for one in await shop.values(topics.orders_enriched)}
    count = Counter(one["order"]["id"] for one in await shop.values(topics.orders_enriched))
    mails = Counter(one["orderId"] for one in await shop.values(topics.order_emails))
    paid = {one["orderId"] for one in await shop.values(topics.payments)}
    wrong = [
        f"{name} enriched {count[name]} times"
        for name in validated | count.keys()
        if count[name] != (name in validated)
    ]
    for name, one in everything.items():
        known = int(one["order"]["customerId"]) < KNOWN
        if (one["customer"] is not None) != known or mails[name] != known:
            wrong.append(f"{name}: customer {one['customer']}, {mails[name]} mails")
        if (one["payment"] is not None) != (name in paid):
            wrong.append(f"{name}: payment {one['payment']}")
    return wrong


async def settled(shop: Shop, placed: int) -> bool:
    """Whether nothing is on its way any more: every order has its verdict, and all that were validated are enriched."""
    last: dict[str, Any] = {}
    validated = set()
    for one in await shop.values(topics.orders):
        last[one["id"]] = one["state"]
        if one["state"] == "VALIDATED":
            validated.add(one["id"])
    enriched = await shop.records(topics.orders_enriched)
    return len(last) == placed and "CREATED" not in last.values() and len(enriched) >= len(validated)
