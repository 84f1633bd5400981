"""The MQTT bridge: positions that wait in mosquitto at QoS 1, carried into Kafka: how many a second."""

import asyncio
import itertools
import tempfile
from pathlib import Path

import aiohttp

from app import codec, codec_trucks, topics
from app.engine.store import now_ms
from app.local.mosquitto import Mosquitto
from app.mqtt_url import MqttUrl
from app.simulate.publisher import Publisher
from app.simulate.trucks import positions
from benchmarks.arena import Arena
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.records import everything
from benchmarks.watch import Watch
from benchmarks.worker import use

MESSAGES = 50_000
TRUCKS = 40
IN_FLIGHT = (20, 1000)  # mosquitto's default, and what a broker with work to do should have


async def run(options: Options) -> list[Outcome]:
    """Measure with each limit of messages in flight from the broker to the bridge."""
    return [await measure(options, in_flight) for in_flight in IN_FLIGHT]


async def measure(options: Options, in_flight: int) -> Outcome:
    """Let messages wait for a bridge that has been there before, start it, and prove that all of them came."""
    count = options.commands or MESSAGES
    more = f"allow_anonymous true\nmax_inflight_messages {in_flight}\n"
    with tempfile.TemporaryDirectory(prefix="kawka-bench-") as directory:
        async with (
            Mosquitto(Path(directory), more) as mosquitto,
            Arena(keep=options.keep, mqtt_url=mosquitto.url, services=("trucking",)) as arena,
        ):
            broker, worker = arena.kafka.broker, arena.start_worker()
            await bridging(worker.url)  # its session is what mosquitto keeps the messages for
            await worker.stop()
            await asyncio.to_thread(fill, mosquitto.url, count)
            arena.start_worker(1)
            watch = Watch(broker, topics.truck_position.name, lambda: use(arena.workers))
            await watch.run(least=count, quiet_s=1.0, timeout_s=60 + count / 500)
            seen = [
                codec_trucks.truck_positions.decode(record.value).correlation_id
                async for records in everything(broker, topics.truck_position.name)
                for record in records
            ]
    # The first sample is from before the first record, the last one is the first that shows them all.
    moved = [sample for sample in watch.samples if any(sample.ends.values())]
    begin, end = moved[0], moved[-1]
    carried = sum(end.ends.values()) - sum(begin.ends.values())
    figures = {
        "in_flight": in_flight,
        "messages": count,
        "rate_per_s": round(carried / (end.at - begin.at)),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / carried * 1e6, 1),
        "rss_mb": round(watch.peak_rss / 2**20),
        "twice": len(seen) - len(set(seen)),
    }
    missing = count - len(set(seen))
    return Outcome("bridge", f"kawka, {in_flight} in flight", 1, figures, (f"{missing} missing",) if missing else ())


def fill(url: str, count: int) -> None:
    """Publish at QoS 1, and return when the broker has acknowledged all. TimeoutError."""
    with Publisher(MqttUrl.parse(url), wait_s=10) as publisher:
        for position in itertools.islice(positions(1, TRUCKS, 50, now_ms), count):
            publisher.publish(f"truck/{position.truck_id}/position", codec.encode(position))
        if not publisher.flush(60 + count / 1000):
            raise TimeoutError("the MQTT broker did not take the messages in time")


async def bridging(url: str) -> None:
    """Wait until a worker's bridge is connected. TimeoutError."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{url}/metrics") as answer:
                    if "kawka_mqtt_connected 1.0" in await answer.text():
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
