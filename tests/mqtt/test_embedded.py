"""The broker of the demo and the trucks of the simulator, end to end."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app import topics
from app.local.errors import LocalError
from app.local.mqtt import LocalMqtt
from app.local.process import free_port
from tests.mqtt.trucks import arrived, bridging, messages, publish, records
from tests.workers import Cluster


async def simulate(url: str, *arguments: str) -> dict[str, int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "simulate", "trucks", "--json", *arguments),
        env=os.environ | {"KAWKA_MQTT_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    figures: dict[str, int] = json.loads(output)
    return figures


async def all_reaches_kafka(broker: str, directory: Path, name: str) -> None:
    async with LocalMqtt(directory / "mqtt.log", free_port()) as mqtt:
        env = {"KAWKA_MQTT_URL": mqtt.session_url, "KAWKA_SERVICES": "trucking"}
        async with Cluster(broker, directory, name, **env) as cluster:
            await bridging(cluster.start())
            await publish(mqtt.url, messages(range(100)))
            assert await arrived(cluster, range(100)) == 100
            figures = await simulate(mqtt.url, "--trucks", "40", "--rate", "200", "--count", "120", "--seed", "1")
            assert figures["acknowledged"] == figures["sent"] == 120
            assert len(await records(cluster, topics.truck_position, 220)) == 220


async def test_what_is_published_to_the_embedded_broker_reaches_kafka(
    broker: str, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    try:
        await all_reaches_kafka(broker, tmp_path / "first", unique("amqtt"))
    except AssertionError:  # amqtt drops what a machine that stalls has not acknowledged for 5 s: not twice
        if "Timeout waiting for PUBACK" not in (tmp_path / "first" / "mqtt.log").read_text():
            raise
        await all_reaches_kafka(broker, tmp_path / "second", unique("amqtt-again"))


async def test_a_port_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async with LocalMqtt(tmp_path / "mqtt.log", free_port()) as mqtt:
        with pytest.raises(LocalError, match=f"Port {mqtt.port} for MQTT is in use"):
            await LocalMqtt(tmp_path / "second.log", mqtt.port).start()


async def test_the_broker_ends_with_us_in_good_order(tmp_path: Path) -> None:
    mqtt = LocalMqtt(tmp_path / "mqtt.log", free_port())
    await mqtt.start()
    assert mqtt.process is not None
    mqtt.process.terminate()  # not `stop`, which kills it after 4 s
    async with asyncio.timeout(20):
        assert await mqtt.exited() == 0
