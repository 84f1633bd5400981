"""MQTT to the driver: from a dangerous position handed to an MQTT client to its join visible in Kafka."""

import asyncio
import contextlib
import re
import tempfile
import time
from pathlib import Path

from app import codec, topics
from app.domain.trucks import TruckPosition
from app.engine.store import now_ms
from app.local.mosquitto import Mosquitto
from app.mqtt_url import MqttUrl
from app.simulate.publisher import Publisher
from benchmarks.arena import Arena
from benchmarks.bridge import bridging
from benchmarks.options import Options
from benchmarks.outcome import Outcome, quantile
from benchmarks.sight import sight
from benchmarks.trucks import DRIVERS, KINDS, TRUCKS, put_drivers
from benchmarks.worker import use

RATE = 200
SECONDS = 20
WARM_UP_S = 40  # as for the latency of commands
ALL_OF_THEM = "allow_anonymous true\nmax_inflight_messages 1000\n"
_ID = re.compile(rb'"correlationId":"([^"]+)"').search


async def run(options: Options) -> list[Outcome]:
    """Keep a rate of dangerous positions, of drivers that are known."""
    rate = options.rate or RATE
    warm, count = rate * WARM_UP_S, options.commands or rate * SECONDS
    async with contextlib.AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kawka-bench-")))
        mosquitto = await stack.enter_async_context(Mosquitto(directory, ALL_OF_THEM))
        arena = await stack.enter_async_context(
            Arena(keep=options.keep, mqtt_url=mosquitto.url, services=("trucking",))
        )
        await put_drivers(arena.kafka.broker)
        await bridging(arena.start_worker().url)
        await arena.ready()
        topic = topics.dangerous_driving_driver.name
        eye = await stack.enter_async_context(sight(arena.kafka.broker, topic, name=_ID))
        publisher = stack.enter_context(Publisher(MqttUrl.parse(mosquitto.url), wait_s=10))
        await publish(publisher, range(warm), rate)
        await eye.until(warm, 60)
        before = use(arena.workers)
        sent = await publish(publisher, range(warm, warm + count), rate)
        await eye.until(warm + count, 60)
        after = use(arena.workers)
    waits = [(eye.seen[str(number)].at_ns - at) / 1e6 for number, at in sent.items()]
    figures = {
        "at_rate_per_s": rate,
        "messages": count,
        "p50_ms": round(quantile(waits, 0.5), 1),
        "p99_ms": round(quantile(waits, 0.99), 1),
        "max_ms": round(max(waits), 1),
        "cpu_us_per_item": round((after.cpu_s - before.cpu_s) / count * 1e6, 1),
        "crowding": after.crowding(before),
    }
    return [Outcome("joined", "kawka", 1, figures, ())]


async def publish(publisher: Publisher, numbers: range, rate: int) -> dict[int, int]:
    """Publish dangerous positions; when each was handed to the client (monotonic ns)."""
    sent, began = {}, time.monotonic()
    for place, number in enumerate(numbers):
        early = began + place / rate - time.monotonic()
        if early > 0:
            await asyncio.sleep(early)
        truck = number % TRUCKS
        position = TruckPosition(
            timestamp=now_ms(),
            truck_id=truck,
            driver_id=truck % DRIVERS,
            route_id=1,
            event_type=KINDS[number % len(KINDS)],
            latitude=37.31,
            longitude=-94.31,
            correlation_id=str(number),
        )
        sent[number] = time.monotonic_ns()
        publisher.publish(f"truck/{truck}/position", codec.encode(position))
    return sent
