"""Orders that wait in Kafka, through the whole saga: checked by three services, paid, enriched, mailed, exactly once.

Rate and cost are reckoned from the first order visible to the last one enriched.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator

import aiohttp
import orjson
from prometheus_client.parser import text_string_to_metric_families

from app import audits, topics
from benchmarks.arena import Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.records import everything
from benchmarks.watch import Sample, Watch
from benchmarks.worker import use
from benchmarks.workload import Command

ORDERS = 60_000
PRODUCTS = 24
CUSTOMERS = 2_000
LEVELS = ("bronze", "silver", "gold", "platinum")


async def run(options: Options) -> list[Outcome]:
    """Produce, start the workers, wait for the last order enriched, prove the outputs."""
    count, workers = options.commands or ORDERS, options.workers or 2
    async with Arena(keep=options.keep, services=("orders",)) as arena:
        broker = arena.kafka.broker
        for topic, records in (
            (topics.warehouse_inventory, stock(count)),
            (topics.customers, customers()),
            (topics.payments, payments(count)),
            (topics.order_commands, orders(count)),
        ):
            await fill(broker, topic.name, records)
        for _ in range(workers):
            arena.start_worker()
        placed = Watch(broker, topics.orders.name, lambda: use(arena.workers))
        enriched = Watch(broker, topics.orders_enriched.name, lambda: use(arena.workers))
        within = 120 + count / 300
        await asyncio.gather(placed.run(2 * count, 1.0, within), enriched.run(count, 1.0, within))
        done = await transactions([worker.url for worker in arena.workers])
        faults = [*await _prove(broker, count), *(await audits.orders(arena.settings)).findings()]
    begin, end = _moved(placed)[0], _moved(enriched)[-1]
    seconds, validated = end.at - begin.at, _moved(placed)[-1].at - begin.at
    figures = {
        "commands": count,
        "rate_per_s": round(count / seconds),
        "validated_per_s": round(count / validated),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / count * 1e6, 1),
        "transactions_per_item": round(sum(done.values()) / count, 3),
        "rss_mb": round(enriched.peak_rss / workers / 2**20),
        "seconds": round(seconds, 2),
        "crowding": end.use.crowding(begin.use),
    }
    return [Outcome("saga", "kawka", workers, figures, tuple(faults))]


def orders(count: int) -> Iterator[Command]:
    """Give `count` orders that pass all checks, each of another product and customer than the one before."""
    for number in range(count):
        value = {
            "type": "PlaceOrder",
            "commandId": f"c-{number}",
            "originId": "bench",
            "customerId": f"customer-{number % CUSTOMERS}",
            "product": f"PRODUCT-{number % PRODUCTS}",
            "quantity": 1,
            "price": f"{number % 9}.99",
        }
        yield Command(f"c-{number}", b"order-%d" % number, orjson.dumps(value))


def payments(count: int) -> Iterator[Command]:
    """Give a payment for each order."""
    for number in range(count):
        value = {"id": f"p-{number}", "orderId": f"order-{number}", "ccy": "EUR", "amount": f"{number % 9}.99"}
        yield Command(f"p-{number}", b"p-%d" % number, orjson.dumps(value))


def stock(count: int) -> Iterator[Command]:
    """Give rows with as much of each product as is ordered."""
    for number in range(PRODUCTS):
        name = f"PRODUCT-{number}"
        yield Command(name, name.encode(), orjson.dumps({"product": name, "quantity": count // PRODUCTS + 1}))


def customers() -> Iterator[Command]:
    """Give the customers."""
    for number in range(CUSTOMERS):
        name, level = f"customer-{number}", LEVELS[number % len(LEVELS)]
        value = {"id": name, "firstName": "A", "lastName": "Buyer", "email": f"{name}@example.com", "address": None}
        yield Command(name, name.encode(), orjson.dumps(value | {"level": level}))


def _moved(watch: Watch) -> list[Sample]:
    """Give the samples in which something new was visible."""
    nothing = watch.samples[0].ends
    return [sample for sample in watch.samples if sample.ends != nothing]


async def transactions(urls: list[str]) -> Counter[str]:
    """Count the transactions of each agent so far."""
    found = Counter[str]()
    async with aiohttp.ClientSession() as http:
        for url in urls:
            async with http.get(f"{url}/metrics") as answer:
                families = text_string_to_metric_families(await answer.text())
            samples = [sample for family in families for sample in family.samples]
            for sample in samples:
                if sample.name == "kawka_transactions_total":
                    found[sample.labels["agent"]] += int(sample.value)
    return found


async def _prove(broker: str, count: int) -> list[str]:
    """Every order CREATED and VALIDATED once, enriched once with customer and payment, and mailed once."""
    states, mails, enriched, poor = Counter[str](), Counter[str](), Counter[str](), 0
    async for records in everything(broker, topics.orders.name):
        states.update(orjson.loads(record.value)["state"] for record in records)
    async for records in everything(broker, topics.order_emails.name):
        mails.update(orjson.loads(record.value)["orderId"] for record in records)
    async for records in everything(broker, topics.orders_enriched.name):
        for record in records:
            value = orjson.loads(record.value)
            enriched[value["order"]["id"]] += 1
            poor += value["customer"] is None or value["payment"] is None
    wanted = Counter(f"order-{number}" for number in range(count))
    faults = [] if states == {"CREATED": count, "VALIDATED": count} else [f"orders went through {dict(states)}"]
    faults += [
        f"not every order {what} once" for what, found in (("mailed", mails), ("enriched", enriched)) if found != wanted
    ]
    return faults + ([f"{poor} orders without customer or payment"] if poor else [])
