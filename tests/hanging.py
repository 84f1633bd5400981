"""Transactions with markers missing: made by hand, on a Kafka that does not check where a transaction reaches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import GroupCoordinatorNotAvailableError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import TxnOffsetCommitRequest

from app.engine.batches import Batch
from app.engine.producer import Producer
from tests.workers import eventually

LIMIT_MS = 30_000


@asynccontextmanager
async def unverified(broker: str) -> AsyncIterator[None]:
    """Have Kafka take records of a transaction that it does not know to reach there: it has the markers left out."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    name = "transaction.partition.verification.enable"
    try:
        await client.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {name: "false"})])
        yield
        await client.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", {name: "true"})])
    finally:
        await client.close()


class Hung:
    """A transactional id, a topic of eight partitions, a group, and what hangs there of the id's transactions."""

    def __init__(self, broker: str, name: str, topic: str, group: str) -> None:
        self.broker, self.name, self.topic, self.group = broker, name, topic, group
        self._producers: list[Producer] = []

    async def producer(self) -> Producer:
        """Start the id's next producer."""
        producer = Producer(AIOKafkaClient(bootstrap_servers=self.broker), self.name, LIMIT_MS, 10_000)
        self._producers.append(producer)
        await producer.start()
        return producer

    async def write(self, producer: Producer, partition: int, value: bytes) -> None:
        """Write as a transaction should."""
        await producer.send(self.topic, partition, batch(value))

    async def leave(self, producer: Producer, partition: int, value: bytes) -> None:
        """Write behind the back of the coordinator: the partition gets no marker."""
        records = bytes(batch(value).build(producer._pid, producer._epoch, 0))
        request = ProduceRequest(
            transactional_id=self.name, required_acks=-1, timeout=10_000, topics=[(self.topic, [(partition, records)])]
        )

        async def written() -> bool:
            node = await producer._leader(TopicPartition(self.topic, partition))
            response: Any = await producer._client.send(node, request)
            code: int = response.topics[0][1][0][1]
            # The topic is new, or the broker has not heard yet not to verify, or could not do that in time.
            assert code in (0, 6, 7, 19, 48), code
            return code == 0

        await eventually(written)

    async def leave_position(self, producer: Producer, offset: int) -> None:
        """Commit a position behind the back of the coordinator."""
        request = TxnOffsetCommitRequest(
            self.name, self.group, producer._pid, producer._epoch, [(self.topic, [(0, offset, "")])]
        )

        async def written() -> bool:
            try:
                node = await producer._client.coordinator_lookup(CoordinationType.GROUP, self.group)
                response: Any = await producer._client.send(node, request)
            except GroupCoordinatorNotAvailableError:  # nobody has committed anything yet: Kafka makes the topic
                return False
            code: int = response.errors[0][1][0][1]
            assert code in (0, 7, 14, 15, 16, 19, 48, 51), code
            return code == 0

        await eventually(written)

    async def committed(self) -> set[bytes]:
        """Read all that is committed, and see that nothing is held back any more."""
        tps = [TopicPartition(self.topic, partition) for partition in range(8)]
        found: set[bytes] = set()
        async with AIOKafkaConsumer(bootstrap_servers=self.broker, isolation_level="read_committed") as reader:
            reader.assign(tps)
            await reader.seek_to_beginning()
            async with AIOKafkaConsumer(bootstrap_servers=self.broker) as any_reader:
                ends = await any_reader.end_offsets(tps)

            async def stable() -> bool:  # a coordinator answers before its markers are written
                return bool(ends == await reader.end_offsets(tps))

            await eventually(stable, within=LIMIT_MS / 1000 - 10, what="the end of all that was open")
            left = {tp for tp in tps if ends[tp]}
            while left:
                for records in (await reader.getmany(*left, timeout_ms=200)).values():
                    found |= {record.value for record in records}
                left = {tp for tp in left if await reader.position(tp) < ends[tp]}
        return found

    async def position(self) -> int | None:
        """Give the group's committed position."""
        async with AIOKafkaConsumer(
            bootstrap_servers=self.broker, group_id=self.group, enable_auto_commit=False
        ) as one:
            tp = TopicPartition(self.topic, 0)
            one.assign([tp])
            offset: int | None = await one.committed(tp)
            return offset

    async def stop(self) -> None:
        """Stop the producers."""
        for producer in self._producers:
            await producer.stop()


def batch(value: bytes) -> Batch:
    made = Batch(1_000_000)
    assert made.append(1_700_000_000_000, b"k", value, [])
    return made
