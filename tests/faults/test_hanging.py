"""A worker that takes a task of whose last transaction Kafka left the markers out."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from app import topics
from tests.hanging import Hung, unverified
from tests.load import send
from tests.oracle import Log, settled
from tests.workers import Cluster


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
    after = await settled(cluster.broker, f"{cluster.name}-", within=1)

    def results(log: Log, partition: int) -> int:
        return sum(record.partition == partition for record in log.results)

    assert results(after, 0) == results(before, 0)
    assert results(after, 1) > results(before, 1)
