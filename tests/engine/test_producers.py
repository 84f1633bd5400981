"""A task's producer, of both transaction protocols: the same promises, on the same Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from app import admin
from app.engine import wire_versions
from app.engine.batches import Batch
from app.engine.ends import stable_ends
from app.engine.producers import Producers, TaskProducer
from app.settings import Settings
from app.topics import Topic
from tests.workers import eventually

Make = Callable[[str], Any]


@pytest.fixture(params=["1", "2"])
async def make(request: pytest.FixtureRequest, broker: str) -> AsyncIterator[Make]:
    """Give a maker of started producers."""
    made: list[TaskProducer] = []

    def older(transactional_id: str) -> aiokafka.AIOKafkaProducer:
        return aiokafka.AIOKafkaProducer(
            bootstrap_servers=broker, transactional_id=transactional_id, linger_ms=0, retry_backoff_ms=5
        )

    producers = Producers(Settings(broker=broker, transactions=request.param), older)

    async def started(transactional_id: str) -> TaskProducer:
        producer = await producers.make(transactional_id)
        made.append(producer)
        await producer.start()
        return producer

    yield started
    for producer in made:
        await producer.stop()


@pytest.fixture
async def topic(broker: str, unique: Callable[[str], str]) -> str:
    """Give a topic of eight partitions."""
    made = Topic(unique("producers"), key="k")
    await admin.create(Settings(broker=broker), [made])
    return made.name


def batch(*values: bytes) -> Batch:
    made = Batch(1_000_000)
    for value in values:
        assert made.append(1_700_000_000_000, b"k", value, [("h", b"x")])
    return made


async def committed(broker: str, topic: str, partition: int) -> list[tuple[int, bytes]]:
    """Read what a client sees that reads what is committed, once nothing is open any more: offsets and values."""
    tp = TopicPartition(topic, partition)
    async with AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed") as reader:
        reader.assign([tp])
        await reader.seek_to_beginning()
        end = (await stable_ends(reader, [tp]))[tp]
        found: list[tuple[int, bytes]] = []
        while await reader.position(tp) < end:
            for records in (await reader.getmany(timeout_ms=200)).values():
                found += [(record.offset, record.value) for record in records]
        return found


async def offset_of(broker: str, group: str, tp: TopicPartition) -> int | None:
    async with AIOKafkaConsumer(bootstrap_servers=broker, group_id=group, enable_auto_commit=False) as reader:
        reader.assign([tp])
        offset: int | None = await reader.committed(tp)
        return offset


async def test_records_and_positions_of_a_transaction_are_committed_together(
    make: Make, broker: str, topic: str
) -> None:
    producer = await make(f"{topic}-id")
    source = TopicPartition(topic, 7)
    for number in range(3):
        producer.begin()
        offsets = [producer.send(topic, 0, batch(b"a%d" % number, b"b")), producer.send(topic, 0, batch(b"c"))]
        await asyncio.gather(*offsets, producer.commit_offsets(f"{topic}-group", {source: number + 1}))
        await producer.commit()
        first, second = (future.result() for future in offsets)
        assert second == first + 2
    values = [value for _, value in await committed(broker, topic, 0)]
    assert values == [b"a0", b"b", b"c", b"a1", b"b", b"c", b"a2", b"b", b"c"]

    async def at_three() -> bool:  # its marker comes after the answer
        return await offset_of(broker, f"{topic}-group", source) == 3

    await eventually(at_three, what="the committed position")


async def test_an_offset_told_is_where_the_record_lies(make: Make, broker: str, topic: str) -> None:
    producer = await make(f"{topic}-id")
    producer.begin()
    offset = await producer.send(topic, 3, batch(b"here"))
    await producer.commit()
    assert (offset, b"here") in await committed(broker, topic, 3)


async def test_an_aborted_transaction_leaves_nothing_and_the_next_one_goes_through(
    make: Make, broker: str, topic: str
) -> None:
    producer = await make(f"{topic}-id")
    producer.begin()
    await producer.send(topic, 0, batch(b"never"))
    await producer.commit_offsets(f"{topic}-group", {TopicPartition(topic, 7): 5})
    assert producer.in_transaction
    await producer.abort()
    assert not producer.in_transaction
    producer.begin()
    await producer.send(topic, 0, batch(b"seen"))
    await producer.commit()
    assert [value for _, value in await committed(broker, topic, 0)] == [b"seen"]
    assert await offset_of(broker, f"{topic}-group", TopicPartition(topic, 7)) is None


async def test_a_second_producer_of_an_id_ends_what_the_first_began_and_fences_it(
    make: Make, broker: str, topic: str
) -> None:
    first = await make(f"{topic}-id")
    first.begin()
    await first.send(topic, 0, batch(b"of the first"))
    second = await make(f"{topic}-id")
    second.begin()
    await second.send(topic, 0, batch(b"of the second"))
    await second.commit()
    with pytest.raises((ProducerFenced, InvalidProducerEpoch)):
        await first.commit()
    assert [value for _, value in await committed(broker, topic, 0)] == [b"of the second"]


async def test_many_full_batches_of_a_partition_keep_their_order(make: Make, broker: str, topic: str) -> None:
    producer = await make(f"{topic}-id")
    producer.begin()
    values = [b"%d" % number + b"." * 300_000 for number in range(12)]
    offsets = await asyncio.gather(*(producer.send(topic, 0, batch(value)) for value in values))
    await producer.commit()
    assert offsets == sorted(offsets)
    assert [value for _, value in await committed(broker, topic, 0)] == values


async def test_a_record_that_its_topic_refuses_fails_the_transaction(make: Make, broker: str, topic: str) -> None:
    producer = await make(f"{topic}-id")
    producer.begin()
    await producer.send(topic, 0, batch(b"x" * 900_000, b"y" * 90_000))
    with pytest.raises(KafkaError):
        await producer.send(topic, 0, _oversize())
    await producer.stop()
    assert await committed(broker, topic, 0) == []


def _oversize() -> Batch:
    made = Batch(3_000_000)
    assert made.append(1_700_000_000_000, b"k", b"x" * 2_000_000, [])
    return made


async def test_kafka_is_asked_which_protocol_it_has(broker: str) -> None:
    client = AIOKafkaClient(bootstrap_servers=broker)
    try:
        await client.bootstrap()
        response = await client.send(client.get_random_node(), wire_versions.api_versions())
    finally:
        await client.close()
    assert wire_versions.transaction_version(response) == 2
