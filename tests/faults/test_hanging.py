"""Workers of whose transactions Kafka left the markers out: of a task's last one, and of those while it is held."""

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2

from app import topics
from tests.hanging import Hung, unverified
from tests.load import command, send
from tests.oracle import Log, judge, read_log, settled
from tests.workers import Cluster, eventually


def partition_of(key: bytes) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % 8


@pytest.mark.long
async def test_positions_that_were_committed_but_hang_are_a_tasks_positions(cluster: Cluster) -> None:
    """Were they not, the worker would do again what they say is done."""
    worker = cluster.start()
    await cluster.settled()
    commands = cluster.topic(topics.invoice_commands)
    await send(cluster.broker, commands, rate=500, seconds=1)
    before = await settled(cluster.broker, f"{cluster.name}-")
    await worker.stop()

    await send(cluster.broker, commands, rate=500, seconds=1, seed=2, start=100_000)
    async with AIOKafkaConsumer(bootstrap_servers=cluster.broker) as reader:
        first = TopicPartition(commands, 0)
        end = (await reader.end_offsets([first]))[first]
    hung = Hung(cluster.broker, f"{cluster.name}.invoices.0", commands, f"{cluster.name}.invoices")
    async with unverified(cluster.broker):
        producer = await hung.producer()
        producer.begin()
        await hung.write(producer, 1, b"no command")
        await hung.leave_position(producer, end)
        await producer.commit()
    await hung.stop()

    worker.start()
    await cluster.settled()
    assert f"{cluster.name}.invoices.0: its last transaction is committed now in __consumer_offsets" in (
        worker.log.read_text()
    )
    fresh = next(key for number in count() if not partition_of(key := b"fresh-%d" % number))
    async with AIOKafkaProducer(bootstrap_servers=cluster.broker) as producer:
        await producer.send_and_wait(commands, orjson.dumps(command(Random(1), 200_000)), key=fresh)

    def results(log: Log, partition: int) -> int:
        return sum(record.partition == partition for record in log.results)

    async def after() -> Log | None:
        log = await read_log(cluster.broker, f"{cluster.name}-")
        done = any(record.key == fresh for record in log.results) and results(log, 1) > results(before, 1)
        return log if done else None

    log = await eventually(after, 60, "what came after the positions")
    assert results(log, 0) == results(before, 0) + 1


@pytest.mark.long
async def test_a_task_is_taken_anew_after_a_commit_that_finds_no_marker_of_the_one_before(
    broker: str, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    program = (sys.executable, str(Path(__file__).with_name("unmarked.py")))
    env = {"PYTHONPATH": str(Path.cwd()), "KAWKA_BATCH_MAX_RECORDS": "100"}
    async with unverified(broker), Cluster(broker, tmp_path, unique("unmarked"), program, **env) as cluster:
        worker = cluster.start()
        await cluster.settled()
        sent = await send(broker, cluster.topic(topics.invoice_commands), rate=2000, seconds=3)

        async def noticed() -> bool:
            return worker.log.read_text().count("Kafka left out the markers of the transaction before") > 5

        await eventually(noticed, what="markers missed")
        await worker.stop()
        worker.start(UNMARKED_EVERY="0")  # and what hangs by now is ended as it is taken
        await cluster.settled()
        log = await settled(broker, f"{cluster.name}-")
        assert len(log.commands) == sent
        assert judge(log) == []


@pytest.mark.long
async def test_a_task_is_taken_anew_if_its_id_was_used_after_the_look_for_what_hangs(
    broker: str, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    program = (sys.executable, str(Path(__file__).with_name("overtaken.py")))
    async with Cluster(broker, tmp_path, unique("overtaken"), program, PYTHONPATH=str(Path.cwd())) as cluster:
        worker = cluster.start()
        await cluster.settled()
        commands = cluster.topic(topics.invoice_commands)
        sent = await send(broker, commands, rate=500, seconds=1)
        await settled(broker, f"{cluster.name}-")
        await worker.stop()
        doubt = "somebody ended a transaction of ours while we looked for one that hangs"
        assert doubt not in worker.log.read_text()  # nothing had been done with the ids yet
        worker.start()
        await cluster.settled()
        for partition in range(8):
            assert f"invoices[{partition}]: {doubt}" in worker.log.read_text()
        sent += await send(broker, commands, rate=500, seconds=1, seed=2, start=100_000)
        log = await settled(broker, f"{cluster.name}-")
        assert len(log.commands) == sent
        assert judge(log) == []
