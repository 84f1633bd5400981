"""What a transaction writes to Kafka: a few large record batches for each topic-partition."""

import asyncio
from collections.abc import Callable

from app.engine.batches import Batch, Headers
from app.engine.producers import TaskProducer
from app.topics import Topic

BATCH_BYTES = 1_000_000  # of one produced batch; a topic takes 1 MiB (contract.md)
MOST_WAITING = 8  # batches that Kafka has not acknowledged, before the next record waits for them
RECORD_OVERHEAD = 200  # bytes of framing that count towards a topic's max.message.bytes


class OutputTooLargeError(ValueError):
    """A handler emitted a record that its topic cannot take."""


class Output:
    """The produced batches of one topic-partition; a record's offset is known once its batch is acknowledged."""

    __slots__ = ("acks", "batch", "counts", "name", "partition", "topic")

    def __init__(self, topic: Topic, name: str, partition: int) -> None:
        self.topic = topic
        self.name = name
        self.partition = partition
        self.acks: list[asyncio.Future[int]] = []
        self.counts: list[int] = []  # of the batches that were sent
        self.batch = self.new_batch()

    @property
    def last(self) -> tuple[int, int]:
        """Where the record added last lies: the number of its batch, and of the record within it."""
        return len(self.counts), self.batch.count - 1

    def new_batch(self) -> Batch:
        """Make an empty batch, as large as the topic takes."""
        return Batch(max(BATCH_BYTES, self.topic.max_bytes - RECORD_OVERHEAD))


class Outputs:
    """All outputs of one transaction. `append` never waits; with MOST_WAITING batches `unseen`, `drain` is due."""

    def __init__(self, producer: TaskProducer, name: Callable[[Topic], str]) -> None:
        self._producer = producer
        self._name = name
        self._outputs: dict[tuple[str, int], Output] = {}
        self.unseen: list[asyncio.Future[int]] = []

    def append(
        self, topic: Topic, partition: int, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers
    ) -> Output:
        """Add a record. Raises OutputTooLargeError."""
        slot = (topic.name, partition)
        output = self._outputs.get(slot)
        if output is None:
            output = self._outputs[slot] = Output(topic, self._name(topic), partition)
        batch = output.batch
        if batch.add(batch.count, timestamp, key, value, headers) is not None:  # as append does, without its call
            batch.count += 1
        else:
            self._send(output)
            if not output.batch.append(timestamp, key, value, headers):
                raise OutputTooLargeError(f"{len(value or b'')} bytes do not fit a batch for {topic.name}")
        return output

    async def drain(self) -> None:
        """Wait until Kafka has what was sent. Raises what went wrong with it."""
        unseen = self.unseen.copy()
        self.unseen.clear()
        await asyncio.gather(*unseen)

    def send_all(self) -> None:
        """Send what there is: nothing is added any more."""
        for output in self._outputs.values():
            self._send(output)

    def _send(self, output: Output) -> None:
        batch = output.batch
        if not batch.count:
            return
        output.counts.append(batch.count)
        output.batch = output.new_batch()
        ack = self._producer.send(output.name, output.partition, batch)
        output.acks.append(ack)
        self.unseen.append(ack)

    async def acknowledged(self, partition: int) -> dict[str, tuple[list[int], int]]:
        """Wait until Kafka has everything; by topic of `partition` the offset of each batch, and the next offset."""
        await asyncio.gather(*(ack for output in self._outputs.values() for ack in output.acks))
        offsets = {}
        for output in self._outputs.values():
            if output.partition == partition and output.acks:
                bases = [ack.result() for ack in output.acks]
                offsets[output.name] = (bases, bases[-1] + output.counts[-1])
        return offsets
