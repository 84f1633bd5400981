"""Positions, as a task asks for them when it is taken: what is committed, and nothing that only looks like it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CoordinatorLoadInProgressError

from app import admin
from app.engine import lookup, wire_offsets
from app.engine.lookup import Lookup
from app.engine.sideline import Sideline
from app.settings import Settings
from app.topics import Topic

RECORDS = 3


@pytest.fixture
async def side(broker: str) -> AsyncIterator[Sideline]:
    side = Sideline(Settings(broker=broker))
    side.start()
    yield side
    await side.stop()


@pytest.fixture
async def tps(broker: str, unique: Callable[[str], str]) -> list[TopicPartition]:
    """Give two partitions of a topic, with a few records each."""
    topic = Topic(unique("lookup"), key="k")
    await admin.create(Settings(broker=broker), [topic])
    tps = [TopicPartition(topic.name, partition) for partition in (2, 5)]
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for tp in tps * RECORDS:
            await producer.send_and_wait(topic.name, b"x", partition=tp.partition)
    return tps


async def test_positions_are_what_is_committed_or_where_the_topic_begins(
    broker: str, side: Sideline, tps: list[TopicPartition]
) -> None:
    group, (known, new) = f"{tps[0].topic}-group", tps
    assert await side.run(Lookup(side).positions(group, tps)) == {known: 0, new: 0}
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=group) as producer:
        async with producer.transaction():
            await producer.send_offsets_to_transaction({known: 2}, group)
        assert await side.run(Lookup(side).positions(group, tps)) == {known: 2, new: 0}


async def test_a_position_in_an_open_transaction_is_waited_for(
    broker: str, side: Sideline, tps: list[TopicPartition]
) -> None:
    group = f"{tps[0].topic}-group"
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=group) as producer:
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction({tps[0]: 3}, group)
        asked = side.run(Lookup(side).positions(group, tps))
        await asyncio.wait([asked], timeout=0.3)
        assert not asked.done()
        await producer.commit_transaction()
    assert await asked == {tps[0]: 3, tps[1]: 0}


async def test_a_coordinator_that_is_still_loading_has_not_said_that_there_are_no_positions(
    broker: str, side: Sideline, tps: list[TopicPartition], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = f"{tps[0].topic}-group"
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=group) as producer, producer.transaction():
        await producer.send_offsets_to_transaction({tps[0]: 1}, group)
    left, send = 3, AIOKafkaClient.send

    async def loading(self: AIOKafkaClient, node: int, request: Any, **how: Any) -> Any:
        nonlocal left
        answer = await send(self, node, request, **how)
        if not isinstance(answer, wire_offsets._OffsetFetchResponse) or not left:
            return answer
        left -= 1
        return wire_offsets._OffsetFetchResponse(0, [], CoordinatorLoadInProgressError.errno, {})  # as Kafka says it

    monkeypatch.setattr(AIOKafkaClient, "send", loading)
    assert await side.run(Lookup(side).positions(group, tps)) == {tps[0]: 1, tps[1]: 0}
    assert not left
    left = -1
    monkeypatch.setattr(lookup, "PATIENCE_S", 0.1)
    with pytest.raises(CoordinatorLoadInProgressError):
        await side.run(Lookup(side).positions(group, tps))
