"""At QoS 1 nothing is lost, whoever dies; a message may come twice."""

import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from app import topics
from app.local.kafka import LocalKafka
from app.local.mosquitto import Mosquitto
from tests.mqtt.trucks import arrived, bridging, count, messages, publish
from tests.workers import Cluster, Worker

MANY = range(20_000)
SOME = range(1_000)
log = logging.getLogger(__name__)
pytestmark = pytest.mark.long


async def two_workers(cluster: Cluster) -> tuple[Worker, Worker]:
    """Start two workers; the one that is the bridge comes first."""
    workers = cluster.start(), cluster.start()
    await cluster.settled()
    leader = await bridging(*workers)
    return leader, next(worker for worker in workers if worker is not leader)


async def under_load(cluster: Cluster, mosquitto: Mosquitto) -> "asyncio.Task[None]":
    """Begin to publish, and come back when messages arrive."""
    load = asyncio.create_task(publish(mosquitto.url, messages(MANY)))
    await arrived(cluster, SOME)
    return load


async def hit_under_load(cluster: Cluster) -> None:
    """Make sure that the fault came while messages were on their way."""
    assert await count(cluster, topics.truck_position) < len(MANY)


async def nothing_lost(cluster: Cluster, load: "asyncio.Task[None]") -> None:
    await load
    total = await arrived(cluster, MANY, within=120)
    log.info("%s of %s records came twice", total - len(MANY), total)


async def test_the_bridge_killed_under_load_loses_nothing(cluster: Cluster, mosquitto: Mosquitto) -> None:
    leader, other = await two_workers(cluster)
    load = await under_load(cluster, mosquitto)
    leader.signal(signal.SIGKILL)
    await hit_under_load(cluster)
    assert await bridging(other) is other
    await nothing_lost(cluster, load)


async def test_leadership_that_moves_under_load_loses_nothing(cluster: Cluster, mosquitto: Mosquitto) -> None:
    leader, other = await two_workers(cluster)
    load = await under_load(cluster, mosquitto)
    leader.signal(signal.SIGTERM)
    await hit_under_load(cluster)
    assert await leader.gone() == 0
    assert await bridging(other) is other
    await nothing_lost(cluster, load)


async def test_a_frozen_bridge_that_wakes_up_loses_nothing(cluster: Cluster, mosquitto: Mosquitto) -> None:
    leader, other = await two_workers(cluster)
    load = await under_load(cluster, mosquitto)
    leader.signal(signal.SIGSTOP)
    await hit_under_load(cluster)
    assert await bridging(other) is other
    leader.signal(signal.SIGCONT)
    await nothing_lost(cluster, load)


async def test_what_mosquitto_saved_survives_its_death_and_reaches_kafka(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    worker = cluster.start()
    await bridging(worker)
    await publish(mosquitto.url, messages(range(100)))
    await arrived(cluster, range(100))
    worker.signal(signal.SIGSTOP)  # so that mosquitto has something to keep
    await publish(mosquitto.url, messages(range(100, 5_000)))
    await mosquitto.save()
    mosquitto.kill()
    worker.signal(signal.SIGCONT)
    await mosquitto.start()
    await publish(mosquitto.url, messages(range(5_000, 6_000)))
    await arrived(cluster, range(6_000))


async def test_messages_that_kafka_never_had_are_not_acknowledged(
    mosquitto: Mosquitto, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    async with LocalKafka(tmp_path / "kafka") as kafka:
        env = {"KAWKA_MQTT_URL": mosquitto.url, "KAWKA_SERVICES": "trucking"}
        async with Cluster(kafka.broker, tmp_path, unique("frozen"), **env) as cluster:
            worker = cluster.start()
            await bridging(worker)
            await publish(mosquitto.url, messages(range(100)))
            await arrived(cluster, range(100))
            kafka.freeze()
            await publish(mosquitto.url, messages(range(100, 3_000)))
            worker.signal(signal.SIGKILL)
            await worker.gone()
            kafka.thaw()
            worker.start()
            await arrived(cluster, range(3_000), within=90)


async def test_with_a_shared_subscription_every_worker_takes_part_and_a_killed_one_loses_nothing(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    workers = [cluster.start(KAWKA_MQTT_SHARE="bridges"), cluster.start(KAWKA_MQTT_SHARE="bridges")]
    await cluster.settled()
    for worker in workers:
        await bridging(worker)
    load = await under_load(cluster, mosquitto)
    workers[0].signal(signal.SIGKILL)
    await workers[0].gone()
    await load
    workers[0].start()  # what the broker had given to its session comes when it is back
    await nothing_lost(cluster, load)
