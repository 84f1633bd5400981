"""The broker is killed, and hangs, under load; the tests have a Kafka of their own for it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app import topics
from app.local.kafka import LocalKafka
from tests.load import send
from tests.oracle import judge, settled
from tests.workers import Cluster

pytestmark = pytest.mark.long


@pytest.fixture
async def own_kafka(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    async with LocalKafka(tmp_path / "kafka") as kafka:
        yield kafka


async def test_a_killed_broker_that_comes_back_costs_nothing_but_time(own_kafka: LocalKafka, tmp_path: Path) -> None:
    async with Cluster(own_kafka.broker, tmp_path, "broker-dies") as cluster:
        cluster.start()
        cluster.start()
        await cluster.settled()
        load = asyncio.create_task(send(cluster.broker, cluster.topic(topics.invoice_commands), rate=1000, seconds=15))
        await asyncio.sleep(3)  # of load
        own_kafka.kill()
        await own_kafka.start()
        sent = await load
        await cluster.settled()
        log = await settled(cluster.broker, f"{cluster.name}-")
        assert judge(log) == []
        assert len(log.commands) >= sent  # the load's own retries may have appended one twice


async def test_a_commit_of_unknown_outcome_is_neither_lost_nor_doubled(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """A broker frozen for longer than a request may take: only Kafka knows what became of the commits."""
    async with Cluster(own_kafka.broker, tmp_path, "broker-hangs") as cluster:
        cluster.start()
        await cluster.settled()
        load = asyncio.create_task(send(cluster.broker, cluster.topic(topics.invoice_commands), rate=1000, seconds=40))
        await asyncio.sleep(3)  # of load
        own_kafka.freeze()
        await asyncio.sleep(20)  # a request times out after 15 s
        own_kafka.thaw()
        await load
        await cluster.settled()
        assert judge(await settled(cluster.broker, f"{cluster.name}-")) == []
