"""What a transaction writes to Kafka: a few large record batches for each topic-partition."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from app.topics import Topic

Headers = list[tuple[str, bytes]]
BATCH_BYTES = 1_000_000  # of one produced batch; a topic takes 1 MiB (contract.md)
MOST_WAITING = 8  # complete batches that are kept until the end: to hand one over may mean to wait for Kafka
RECORD_OVERHEAD = 200  # bytes of framing that count towards a topic's max.message.bytes


class OutputTooLargeError(ValueError):
    """A handler emitted a record that its topic cannot take."""


class Output:
    """The produced batches of one topic-partition; a record's offset is known once its batch is acknowledged."""

    __slots__ = ("acks", "builder", "counts", "name", "partition", "topic")

    def __init__(self, topic: Topic, name: str, partition: int) -> None:
        self.topic = topic
        self.name = name
        self.partition = partition
        self.acks: list[Any] = []
        self.counts: list[int] = []  # of the batches that are complete
        self.builder = self._batch()

    def turn_over(self) -> BatchBuilder | None:
        """Begin a batch and give the one before, to which nothing more is added; None if that is empty."""
        complete = self.builder
        if not complete.record_count():
            return None
        self.counts.append(complete.record_count())
        self.builder = self._batch()
        return complete

    @property
    def last(self) -> tuple[int, int]:
        """Where the record added last lies: the number of its batch, and of the record within it."""
        return len(self.counts), self.builder.record_count() - 1

    def _batch(self) -> BatchBuilder:
        return BatchBuilder(max(BATCH_BYTES, self.topic.max_bytes - RECORD_OVERHEAD), 0, is_transactional=True)


class Outputs:
    """All outputs of one transaction. `append` never waits; `send` does, and must follow when many are `waiting`."""

    def __init__(self, producer: AIOKafkaProducer, name: Callable[[Topic], str]) -> None:
        self._producer = producer
        self._name = name
        self._outputs: dict[tuple[str, int], Output] = {}
        self.waiting: deque[tuple[Output, BatchBuilder]] = deque()

    def append(
        self, topic: Topic, partition: int, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers
    ) -> Output:
        """Add a record. Raises OutputTooLargeError."""
        slot = (topic.name, partition)
        output = self._outputs.get(slot)
        if output is None:
            output = self._outputs[slot] = Output(topic, self._name(topic), partition)
        if output.builder.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
            self._turn_over(output)
            if output.builder.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
                raise OutputTooLargeError(f"{len(value or b'')} bytes do not fit a batch for {topic.name}")
        return output

    async def send(self) -> None:
        """Hand the complete batches to the producer, in their order."""
        while self.waiting:
            output, batch = self.waiting.popleft()
            ack = await self._producer.send_batch(batch, output.name, partition=output.partition)
            ack.add_done_callback(_seen)
            output.acks.append(ack)

    async def send_all(self) -> None:
        """Complete and hand over what there is: nothing can be added any more."""
        for output in self._outputs.values():
            self._turn_over(output)
        await self.send()

    def _turn_over(self, output: Output) -> None:
        complete = output.turn_over()
        if complete is not None:
            self.waiting.append((output, complete))

    async def acknowledged(self, partition: int) -> dict[str, tuple[list[int], int]]:
        """Wait until Kafka has everything; by topic of `partition` the offset of each batch, and the next offset."""
        await asyncio.gather(*(ack for output in self._outputs.values() for ack in output.acks))
        offsets = {}
        for output in self._outputs.values():
            if output.partition == partition and output.acks:
                bases = [ack.result().offset for ack in output.acks]
                offsets[output.name] = (bases, bases[-1] + output.counts[-1])
        return offsets


def _seen(future: Any) -> None:
    """Take note of a failure: the commit reports it, and asyncio need not complain of it as well."""
    if not future.cancelled():
        future.exception()
