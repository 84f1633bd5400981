"""The one who follows the table dies, is frozen or loses Kafka: another goes on, and the topic stays true."""

import asyncio
import itertools
import signal
from typing import Any

import psutil
import pytest

from app.local.kafka import LocalKafka
from tests.sources.conftest import Drivers
from tests.workers import Worker, eventually

pytestmark = pytest.mark.long


async def keep_changing(drivers: Drivers, until: asyncio.Event) -> None:
    """Change rows, one after the other, delete and insert some."""
    connection = await drivers.connect()
    try:
        for number in itertools.count():
            if until.is_set():
                return
            row = 10 + number % 30
            await connection.execute("UPDATE driver SET first_name = $1 WHERE id = $2", f"n{number}", row)
            await connection.execute("DELETE FROM driver WHERE id = $1", 100 + (number - 5) % 7)
            await connection.execute(
                "INSERT INTO driver (id, first_name, last_name) VALUES ($1, 'new', 'row') ON CONFLICT DO NOTHING",
                100 + number % 7,
            )
            await asyncio.sleep(0.01)  # a rate, not a wait
    finally:
        await connection.close()


async def two_workers(drivers: Drivers) -> tuple[Worker, Worker]:
    """Start two, and tell who follows the table from who does not."""
    workers = [drivers.cluster.start(KAWKA_SOURCE_COMPARE_S="1") for _ in range(2)]
    await drivers.cluster.settled(*workers)
    leader = await drivers.leader()
    return leader, next(worker for worker in workers if worker is not leader)


async def moved_to(drivers: Drivers, worker: Worker) -> None:
    async def polls() -> bool:
        return any("age" in name for name in await drivers.metrics(worker))

    await eventually(polls, 60, "the other worker's polling")


def repeated(records: list[Any]) -> list[Any]:
    """Find records that say what the one before them of the same key did."""
    last: dict[bytes, tuple[object, object]] = {}
    found = []
    for record in records:
        said = (record.value, dict(record.headers).get("source-timestamp"))
        if last.get(record.key) == said:
            found.append(record)
        last[record.key] = said
    return found


@pytest.mark.parametrize("fault", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
async def test_when_the_one_who_follows_the_table_is_lost_another_goes_on_and_nothing_is_missed_or_repeated(
    drivers: Drivers, fault: signal.Signals
) -> None:
    leader, other = await two_workers(drivers)
    done = asyncio.Event()
    changes = asyncio.create_task(keep_changing(drivers, done))
    await drivers.of(100, 3)
    leader.signal(fault)
    await moved_to(drivers, other)
    if fault == signal.SIGSTOP:
        leader.signal(signal.SIGCONT)  # wakes believing that it still leads
        await drivers.cluster.settled()
    done.set()
    await changes
    await drivers.caught_up()
    assert repeated(await drivers.records()) == []


async def test_a_database_that_is_killed_again_and_again_costs_no_change(drivers: Drivers) -> None:
    drivers.cluster.start(KAWKA_SOURCE_COMPARE_S="1")
    await drivers.caught_up()
    for _ in range(4):
        done = asyncio.Event()
        changes = asyncio.create_task(keep_changing(drivers, done))
        await asyncio.sleep(1)  # of changes: what the kill then hits
        done.set()
        await changes
        drivers.postgres.kill()
        await drivers.postgres.start()
    await drivers.caught_up()
    assert repeated(await drivers.records()) == []


async def test_a_frozen_database_holds_up_neither_the_worker_nor_its_end(drivers: Drivers) -> None:
    worker = drivers.cluster.start()
    await drivers.caught_up()
    family = [psutil.Process(drivers.postgres.pid), *psutil.Process(drivers.postgres.pid).children()]
    for process in family:
        process.suspend()
    try:
        await drivers.cluster.settled(worker)
        worker.signal(signal.SIGTERM)
        assert await worker.gone() == 0
    finally:
        for process in family:
            process.resume()


async def test_kafka_killed_and_back_costs_no_change(
    drivers: Drivers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with LocalKafka(tmp_path_factory.mktemp("killed-kafka")) as kafka:
        drivers.cluster.broker = kafka.broker
        await drivers.cluster.create_topics()
        drivers.cluster.start(KAWKA_SOURCE_COMPARE_S="1")
        await drivers.caught_up()
        done = asyncio.Event()
        changes = asyncio.create_task(keep_changing(drivers, done))
        await drivers.of(100, 2)
        kafka.kill()
        await asyncio.sleep(2)  # of changes that nobody can publish
        await kafka.start()
        await asyncio.sleep(1)  # of changes beside the recovery
        done.set()
        await changes
        await drivers.caught_up(90)
        assert repeated(await drivers.records()) == []
        await asyncio.gather(*(worker.stop() for worker in drivers.cluster.workers))
