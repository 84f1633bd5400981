"""From POST /v1/orders to VALIDATED, as a client of the long poll sees it, on two workers at a steady rate.

Each order is posted to one worker and asked for at the other.
"""

import asyncio
import time

import aiohttp

from app import topics
from benchmarks.arena import Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome, Value, quantile
from benchmarks.saga import CUSTOMERS, PRODUCTS, customers, stock, transactions
from benchmarks.worker import use

RATE = 50
SECONDS = 20
WARM_UP_S = 40  # a Kafka just started is slow until its code is compiled
CREATED, OK = 201, 200
_Answer = tuple[float, float | None]


async def run(options: Options) -> list[Outcome]:
    """Warm up, then keep the rate for some seconds."""
    rate, workers = options.rate or RATE, options.workers or 2
    count, warm = options.commands or rate * SECONDS, rate * WARM_UP_S
    async with Arena(keep=options.keep, services=("orders",)) as arena:
        await fill(arena.kafka.broker, topics.warehouse_inventory.name, stock((count + warm) * PRODUCTS))
        await fill(arena.kafka.broker, topics.customers.name, customers())
        for _ in range(workers):
            arena.start_worker()
        await arena.ready()
        urls = [worker.url for worker in arena.workers]
        async with aiohttp.ClientSession() as http:
            await _keep(http, urls, range(warm), rate)
            before, done = use(arena.workers), await transactions(urls)
            answers = await _keep(http, urls, range(warm, warm + count), rate)
            after, done = use(arena.workers), await transactions(urls) - done
    posts, validated = [posted for posted, _ in answers], [done for _, done in answers if done is not None]
    figures: dict[str, Value] = {
        "at_rate_per_s": rate,
        "commands": count,
        "post_p50_ms": round(quantile(posts, 0.5), 1),
        "p50_ms": round(quantile(validated or [0], 0.5), 1),
        "p99_ms": round(quantile(validated or [0], 0.99), 1),
        "max_ms": round(max(validated or [0]), 1),
        "cpu_us_per_item": round((after.cpu_s - before.cpu_s) / count * 1e6, 1),
        "transactions_per_item": round(sum(done.values()) / count, 2),
        "crowding": after.crowding(before),
    }
    missing = count - len(validated)
    faults = (f"{missing} orders were not seen VALIDATED",) if missing else ()
    return [Outcome("orders-latency", "kawka", workers, figures, faults)]


async def _keep(http: aiohttp.ClientSession, urls: list[str], numbers: range, rate: int) -> list[_Answer]:
    """Place orders at a rate, whatever becomes of those before."""
    began, asked = time.perf_counter(), []
    for sent, number in enumerate(numbers):
        await asyncio.sleep(max(0, began + sent / rate - time.perf_counter()))
        asked.append(asyncio.create_task(_order(http, urls[number % len(urls)], urls[number % len(urls) - 1], number)))
    return await asyncio.gather(*asked)


async def _order(http: aiohttp.ClientSession, here: str, there: str, number: int) -> _Answer:
    """Place an order at one worker, wait at the other; ms until it was placed, and until it was seen VALIDATED."""
    order = {
        "id": f"order-{number}",
        "customerId": f"customer-{number % CUSTOMERS}",
        "state": "CREATED",
        "product": f"PRODUCT-{number % PRODUCTS}",
        "quantity": 1,
        "price": 1.99,
    }
    began = time.perf_counter()
    async with http.post(f"{here}/v1/orders", json=order) as answer:
        if answer.status != CREATED:
            return 0.0, None
        await answer.read()
    posted = (time.perf_counter() - began) * 1000
    async with http.get(f"{there}/v1/orders/{order['id']}/validated", params={"timeout": "10000"}) as answer:
        good = answer.status == OK and (await answer.json())["state"] == "VALIDATED"
    return posted, (time.perf_counter() - began) * 1000 if good else None
