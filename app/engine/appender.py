"""Records appended one by one, outside any transaction: commands, and what comes in from elsewhere."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from app.topics import Topic

RECORD_OVERHEAD = 200  # bytes of framing that count towards a topic's max.message.bytes
STOP_S = 2.0


class Appender:
    """An idempotent producer that is made when it is first needed, and made anew when it has failed.

    A send that Kafka refuses leaves a gap in an idempotent producer's sequence: all its later ones fail too.
    """

    def __init__(self, make: Callable[[], AIOKafkaProducer]) -> None:
        self._make = make
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._ends: set[asyncio.Task[None]] = set()

    async def append(
        self, topic: Topic, name: str, key: bytes, value: bytes, partition: int, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Append a record to the topic called `name`, and wait until Kafka has it.

        Errors: MessageSizeTooLargeError, and nothing was sent; any other KafkaError leaves open whether it was written.
        """
        size = len(key) + len(value) + sum(len(one) + len(other) for one, other in headers) + RECORD_OVERHEAD
        if size > topic.max_bytes:
            raise MessageSizeTooLargeError(f"{size} bytes for {topic.name}, which takes {topic.max_bytes}")
        producer = await self._started()
        try:
            await producer.send_and_wait(name, value, key=key, partition=partition, headers=headers)
        except KafkaError:
            if self._producer is producer:
                self._producer = None
                end = asyncio.create_task(_end(producer))
                self._ends.add(end)
                end.add_done_callback(self._ends.discard)
            raise

    async def stop(self) -> None:
        """Let what is on its way arrive, and end."""
        if self._producer is not None:
            await _end(self._producer)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            async with self._starting:
                if self._producer is None:
                    producer = self._make()
                    try:
                        await producer.start()
                    except BaseException:
                        await _end(producer)
                        raise
                    self._producer = producer
        return self._producer


async def _end(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, TimeoutError):
        await asyncio.wait_for(producer.stop(), STOP_S)
