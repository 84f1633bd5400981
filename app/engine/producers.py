"""Transactional producers for tasks: of the second transaction protocol where Kafka has it, else aiokafka's own."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition, errors
from aiokafka.client import AIOKafkaClient

from app.engine import wire_versions
from app.engine.batches import Batch
from app.engine.producer import Producer, seen
from app.settings import Settings

TRANSACTION_MS = 30_000
REQUEST_MS = 15_000
BACKOFF_MS = 5
_V2 = 2


class TaskProducer(Protocol):
    """What a task needs of its producer; see Producer, which says what each does."""

    @property
    def epoch(self) -> int | None: ...  # noqa: D102 -- as in Producer, and so below
    @property
    def in_transaction(self) -> bool: ...  # noqa: D102
    async def start(self) -> None: ...  # noqa: D102
    def begin(self) -> None: ...  # noqa: D102
    def send(self, topic: str, partition: int, batch: Batch) -> "asyncio.Future[int]": ...  # noqa: D102
    async def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, int]) -> None: ...  # noqa: D102
    async def commit(self) -> None: ...  # noqa: D102
    async def abort(self) -> None: ...  # noqa: D102
    async def stop(self) -> None: ...  # noqa: D102


class Producers:
    """Makes them, and asks Kafka once which transactions it has."""

    def __init__(self, settings: Settings, older: Callable[[str], AIOKafkaProducer]) -> None:
        self._settings = settings
        self._older = older
        self._version: int | None = {"auto": None, "1": 1, "2": _V2}[settings.transactions]

    async def make(self, transactional_id: str) -> TaskProducer:
        """Make the producer of a task, not started. Errors: KafkaError."""
        if self._version is None:
            self._version = await self._ask()
        if self._version < _V2:
            return OlderProducer(self._older(transactional_id))
        return Producer(self._client(transactional_id), transactional_id, TRANSACTION_MS, REQUEST_MS)

    def _client(self, name: str) -> AIOKafkaClient:
        kafka = self._settings.kafka()
        return AIOKafkaClient(**kafka, client_id=name, request_timeout_ms=REQUEST_MS, retry_backoff_ms=BACKOFF_MS)

    async def _ask(self) -> int:
        client = self._client("kawka-version")
        try:
            await client.bootstrap()
            response = await client.send(client.get_random_node(), wire_versions.api_versions())
            return wire_versions.transaction_version(response)
        finally:
            await client.close()


class OlderProducer:
    """aiokafka's producer, as a TaskProducer: for Kafka before 4.0."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._queue: deque[tuple[str, int, Batch, asyncio.Future[int]]] = deque()
        self._pump: asyncio.Task[None] | None = None

    @property
    def epoch(self) -> None:
        """Unknown: aiokafka keeps it to itself."""
        return None

    @property
    def in_transaction(self) -> bool:
        """Whether Kafka may have something of a transaction that has not ended."""
        return bool(self._producer._txn_manager.is_in_transaction())

    async def start(self) -> None:
        """Fence whoever had the id before."""
        await self._producer.start()

    def begin(self) -> None:
        """Begin a transaction."""
        self._producer._txn_manager.begin_transaction()

    def send(self, topic: str, partition: int, batch: Batch) -> "asyncio.Future[int]":
        """Hand over a batch; the future gives its base offset, -1 when that is unknown."""
        offset: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        offset.add_done_callback(seen)
        self._queue.append((topic, partition, batch, offset))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._send_all())
        return offset

    async def _send_all(self) -> None:
        """Hand over what is queued, in order: aiokafka has us wait when it holds enough."""
        while self._queue:
            topic, partition, batch, offset = self._queue.popleft()
            try:
                ack = await self._producer.send_batch(batch.for_aiokafka(), topic, partition=partition)
            except errors.KafkaError as error:
                offset.set_exception(error)
            else:
                ack.add_done_callback(lambda ack, offset=offset: _pass_on(ack, offset))

    async def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Make positions of a group part of the transaction."""
        await self._producer.send_offsets_to_transaction(offsets, group)

    async def commit(self) -> None:
        """Commit."""
        await self._producer.commit_transaction()

    async def abort(self) -> None:
        """Take back what was sent."""
        await self._producer.abort_transaction()

    async def stop(self) -> None:
        """Let go."""
        if self._pump is not None:
            self._pump.cancel()
        await self._producer.stop()


def _pass_on(ack: "asyncio.Future[Any]", offset: "asyncio.Future[int]") -> None:
    if offset.done():
        return
    if ack.cancelled():
        offset.cancel()
    elif ack.exception() is not None:
        offset.set_exception(ack.exception() or errors.KafkaError())
    else:
        offset.set_result(ack.result().offset)
