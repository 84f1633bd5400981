"""Transactions that Kafka decided, but left without markers in some partitions, end as they were decided."""

from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaError, LeaderNotAvailableError

from app import admin
from app.engine.hanging import Hanging, UndecidedError
from app.engine.sideline import Sideline
from app.settings import Settings
from app.topics import Topic
from tests.hanging import LIMIT_MS, Hung, unverified


class Case(Hung):
    """Something that hangs, and what ends it."""

    side: Sideline

    async def end(self) -> int | None:
        """End what hangs."""
        return await self.side.run(Hanging(self.side, LIMIT_MS).end(self.name, [self.topic]))


@pytest.fixture
async def case(broker: str, unique: Callable[[str], str]) -> AsyncIterator[Case]:
    """Give a case of its own."""
    made = Topic(unique("hanging"), key="k")
    await admin.create(Settings(broker=broker), [made])
    case = Case(broker, f"{made.name}-id", made.name, f"{made.name}-group")
    case.side = Sideline(Settings(broker=broker))
    case.side.start()
    async with unverified(broker):
        yield case
    await case.stop()
    await case.side.stop()


async def test_an_id_never_used_has_nothing_that_hangs(case: Case) -> None:
    assert await case.end() is None


async def test_what_was_committed_is_committed_where_the_markers_are_missing(case: Case) -> None:
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 0, b"marked")
    await case.leave(producer, 1, b"left")
    await case.leave(producer, 2, b"left too")
    await case.leave_position(producer, 7)
    await producer.commit()
    assert await case.position() is None
    epoch = await case.end()
    assert await case.committed() == {b"marked", b"left", b"left too"}
    assert await case.position() == 7
    assert (await case.producer()).epoch == epoch


async def test_what_was_aborted_is_aborted_there(case: Case) -> None:
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 0, b"marked")
    await case.leave(producer, 1, b"left")
    await case.leave_position(producer, 7)
    await producer.abort()
    epoch = await case.end()
    assert await case.committed() == set()
    assert await case.position() is None
    assert (await case.producer()).epoch == epoch


async def test_what_was_decided_in_the_first_protocol_ends_as_well(case: Case, broker: str) -> None:
    shell = await case.producer()
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=case.name) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(case.topic, b"marked", partition=0)
        shell._pid, shell._epoch = producer._txn_manager.producer_id, producer._txn_manager.producer_epoch
        await case.leave(shell, 1, b"left")
        await producer.commit_transaction()
    epoch = await case.end()
    assert await case.committed() == {b"marked", b"left"}
    assert (await case.producer()).epoch == epoch


async def test_an_open_transaction_is_aborted_with_what_the_coordinator_does_not_know_of(case: Case) -> None:
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 0, b"open")
    await case.leave(producer, 1, b"left")
    epoch = await case.end()
    assert await case.committed() == set()
    with pytest.raises(KafkaError):  # its epoch is over
        await case.write(producer, 0, b"late")
    assert (await case.producer()).epoch == epoch


async def test_the_next_transaction_is_not_touched_by_what_is_ended(case: Case) -> None:
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 0, b"first")
    await case.leave(producer, 1, b"left")
    await producer.commit()
    await case.end()
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 1, b"second")
    await producer.abort()
    assert await case.committed() == {b"first", b"left"}


async def test_what_a_producer_began_after_it_leaves_undecided_is_aborted_if_nobody_saw_an_end_of_it(
    case: Case,
) -> None:
    producer = await case.producer()
    producer.begin()
    await case.leave(producer, 1, b"left")
    await case.producer()
    await case.end()
    assert await case.committed() == set()


async def test_nothing_is_taken_for_ended_while_kafka_does_not_name_its_partitions(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = await case.producer()
    producer.begin()
    await case.leave(producer, 1, b"left")
    await producer.abort()

    async def none(_: AIOKafkaClient) -> ClusterMetadata:
        return ClusterMetadata()

    with monkeypatch.context() as patch:
        patch.setattr(AIOKafkaClient, "fetch_all_metadata", none)
        with pytest.raises(LeaderNotAvailableError):
            await case.end()
    await case.end()
    assert await case.committed() == set()


async def test_and_is_left_to_a_human_if_somebody_may_have(case: Case) -> None:
    producer = await case.producer()
    producer.begin()
    await case.write(producer, 0, b"marked")
    await case.leave(producer, 1, b"left")
    await producer.commit()
    await case.producer()
    with pytest.raises(UndecidedError, match=f"{case.topic}-1"):
        await case.end()
