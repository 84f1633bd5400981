"""A broker, a Kafka and workers of their own for each test of the bridge."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.local.mosquitto import Mosquitto
from tests.workers import Cluster


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with Mosquitto(tmp_path / "mosquitto") as mosquitto:
        yield mosquitto


@pytest.fixture
async def cluster(
    broker: str, mosquitto: Mosquitto, tmp_path: Path, unique: Callable[[str], str]
) -> AsyncIterator[Cluster]:
    name = unique("mqtt")
    async with Cluster(broker, tmp_path, name, KAWKA_MQTT_URL=mosquitto.url, KAWKA_SERVICES="trucking") as cluster:
        yield cluster
