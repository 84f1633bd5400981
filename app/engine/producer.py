"""A task's transactional producer: what the engine needs of Kafka's second transaction protocol, and nothing else.

A transaction is produce requests, one for the positions, one to end it. aiokafka's producer speaks the first protocol:
two more round trips a transaction, a background task, and a wait for the markers of the one before.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.transaction import InitProducerIdRequest

from app.engine import wire
from app.engine.batches import Batch, Built
from app.engine.coordinators import NOT_YET, RETRY_S, Coordinators, error_of


class _Pending(NamedTuple):
    tp: TopicPartition
    batch: Batch
    offset: "asyncio.Future[int]"


class Producer:
    """Use: `start`, then for each transaction `begin`, `send`..., `commit`; `abort` instead; `stop` at the end.

    Whatever raises leaves open what Kafka has: take a new producer with the same id, which ends what was begun.
    Errors: ProducerFenced when another one has the id; any other KafkaError.
    """

    def __init__(self, client: AIOKafkaClient, transactional_id: str, transaction_ms: int, request_ms: int) -> None:
        self._client = client
        self._id = transactional_id
        self._transaction_ms = transaction_ms
        self._request_ms = request_ms
        self._pid, self._epoch = -1, -1
        self._sequences: dict[TopicPartition, int] = {}
        self._coordinators = Coordinators(client, request_ms / 1000)
        self._queue: deque[_Pending] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._open = False
        self._wrote = False

    async def start(self) -> None:
        """Fence whoever had the id before; what it had begun is aborted."""
        await self._client.bootstrap()
        if not self._client.cluster.brokers():  # Kafka is there, but does not count itself in yet
            raise errors.KafkaConnectionError("Kafka names no broker")
        request = InitProducerIdRequest(transactional_id=self._id, transaction_timeout_ms=self._transaction_ms)
        response = await self._coordinators.send(CoordinationType.TRANSACTION, self._id, request)
        self._pid, self._epoch = response.producer_id, response.producer_epoch

    @property
    def epoch(self) -> int:
        """The epoch of the transaction at hand, or of the next one."""
        return self._epoch

    @property
    def in_transaction(self) -> bool:
        """Whether Kafka may have something of a transaction that has not ended."""
        return self._open

    def begin(self) -> None:
        """Begin a transaction; Kafka hears of it with the first record."""
        self._open, self._wrote = True, False

    def send(self, topic: str, partition: int, batch: Batch) -> "asyncio.Future[int]":
        """Hand over a batch; it is sent in the background. The future gives its base offset, -1 if unknown."""
        offset: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        offset.add_done_callback(seen)
        self._queue.append(_Pending(TopicPartition(topic, partition), batch, offset))
        self._wrote = True
        if self._pump is None:
            self._pump = asyncio.get_running_loop().create_task(self._send_all())
        return offset

    async def commit_offsets(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Make positions of a group part of the transaction."""
        self._wrote = True
        topics: dict[str, list[tuple[int, int]]] = {}
        for tp, offset in offsets.items():
            topics.setdefault(tp.topic, []).append((tp.partition, offset))
        request = wire.commit_offsets(self._id, group, self._pid, self._epoch, list(topics.items()))
        await self._coordinators.send(CoordinationType.GROUP, group, request)

    async def commit(self) -> None:
        """Commit; every batch has to be acknowledged before."""
        await self._end(commit=True)

    async def abort(self) -> None:
        """Take back what was sent. What is still on its way is refused: its epoch is over."""
        self._drop(errors.KafkaError("the transaction is aborted"))
        await self._end(commit=False)

    async def stop(self) -> None:
        """Let go of the connections. An open transaction stays open until the id's next producer, or its timeout."""
        self._drop(errors.ProducerClosed())
        with suppress(errors.KafkaError, OSError):
            await self._client.close()

    async def _end(self, *, commit: bool) -> None:
        if self._wrote:
            request = wire.end(self._id, self._pid, self._epoch, commit=commit)
            response = await self._coordinators.send(CoordinationType.TRANSACTION, self._id, request)
            self._pid, self._epoch = response.producer_id, response.producer_epoch
            self._sequences.clear()
        self._open = False

    def _drop(self, error: errors.KafkaError) -> None:
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        while self._queue:
            self._queue.popleft().offset.set_exception(error)

    # --- requests

    async def _send_all(self) -> None:
        """Send what is queued, a request at a time to each node, one batch of a partition in each, in order."""
        sent: list[_Pending] = []
        try:
            while self._queue:
                await asyncio.sleep(0)  # what is handed over together goes out together
                sent = self._next()
                await self._produce(sent)
        except errors.KafkaError as error:
            for pending in sent:
                if not pending.offset.done():
                    pending.offset.set_exception(error)
            self._pump = None
            self._drop(error)
        except asyncio.CancelledError:
            for pending in sent:
                pending.offset.cancel()
            raise
        self._pump = None

    def _next(self) -> list[_Pending]:
        """Take the first batch of each partition out of the queue."""
        first: dict[TopicPartition, _Pending] = {}
        later: deque[_Pending] = deque()
        for pending in self._queue:
            if pending.tp in first:
                later.append(pending)
            else:
                first[pending.tp] = pending
        self._queue = later
        return list(first.values())

    async def _produce(self, batches: list[_Pending]) -> None:
        ready: dict[TopicPartition, tuple[_Pending, Built]] = {}
        for pending in batches:
            sequence = self._sequences.get(pending.tp, 0)
            self._sequences[pending.tp] = sequence + pending.batch.count
            ready[pending.tp] = pending, pending.batch.build(self._pid, self._epoch, sequence)
        deadline = asyncio.get_running_loop().time() + self._request_ms / 1000
        while ready:
            nodes: dict[int, list[TopicPartition]] = {}
            for tp in ready:
                nodes.setdefault(await self._leader(tp), []).append(tp)
            done = await asyncio.gather(*(self._produce_to(node, tps, ready, deadline) for node, tps in nodes.items()))
            for tp in (tp for tps in done for tp in tps):
                del ready[tp]
            if ready:
                await asyncio.sleep(RETRY_S)

    async def _produce_to(
        self,
        node: int,
        tps: list[TopicPartition],
        ready: dict[TopicPartition, tuple[_Pending, Built]],
        deadline: float,
    ) -> list[TopicPartition]:
        """Send one request; give the partitions that are done. Sent again, Kafka knows a batch by its sequence."""
        topics: dict[str, wire.Rows] = {}
        for tp in tps:
            topics.setdefault(tp.topic, []).append((tp.partition, ready[tp][1]))
        request = wire.produce(self._id, self._request_ms, topics)
        late = asyncio.get_running_loop().time() > deadline
        try:
            response = await self._client.send(node, request)
        except errors.KafkaError as error:
            if late or not error.retriable:
                raise
            self._client.force_metadata_update()
            return []
        done = []
        for topic, partitions, _ in response.topics:
            for partition, code, offset, *_ in partitions:
                tp, error_type = TopicPartition(topic, partition), error_of(code)
                if error_type is errors.NoError or error_type is errors.DuplicateSequenceNumber:
                    ready[tp][0].offset.set_result(offset if error_type is errors.NoError else -1)
                    done.append(tp)
                elif late or not (issubclass(error_type, NOT_YET) or error_type.retriable):
                    raise error_type(f"{topic}-{partition}")
                elif error_type.invalid_metadata:
                    self._client.force_metadata_update()
        return done

    async def _leader(self, tp: TopicPartition) -> int:
        await self._client._wait_on_metadata(tp.topic)
        while True:
            leader: int | None = self._client.cluster.leader_for_partition(tp)
            if leader is not None and leader >= 0:
                return leader
            await self._client.force_metadata_update()
            await asyncio.sleep(RETRY_S)


def seen(future: "asyncio.Future[int]") -> None:
    """Take note of a failure: the commit reports it, and asyncio need not complain of it as well."""
    if not future.cancelled():
        future.exception()
