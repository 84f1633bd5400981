"""Transactions that hang: decided by Kafka, but without the markers that say so in the partitions (KIP-664).

Kafka 4.3.0 to 4.4.0 leave the markers out where a partition has no leader in the moment of the decision (KAFKA-20734).
What was written there, and the position with it, is neither committed nor aborted then: it goes the way of the same
producer's next transaction. A task taken in the meantime would see neither its records nor its position, and the work
would be done, and committed, twice.

So before a task is taken, the coordinator is asked what it decided, the partitions are asked what hangs in them, and
the markers that are missing are written.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, NamedTuple

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.cluster import ClusterMetadata
from aiokafka.protocol.transaction import InitProducerIdRequest

from app.engine.coordinators import RETRY_S, Coordinators
from app.engine.sideline import Sideline
from app.engine.wire_hanging import describe_producers, describe_transaction, write_markers

log = logging.getLogger(__name__)
OFFSETS = "__consumer_offsets"
PATIENCE_S = 15.0
FRESH_S = 0.5  # a partition that has moved meanwhile says so
_NO_SUCH_ID = 105
_NOT_ALLOWED = 29


class UndecidedError(RuntimeError):
    """A transaction hangs, and nobody knows any more how it ended: a human has to say."""


class _Last(NamedTuple):
    """The last transaction of a transactional id."""

    state: str
    pid: int
    epoch: int  # in the second protocol that of the next one, once it has ended


class _Seen(NamedTuple):
    """What a partition knows of a producer; `start` is where its open transaction begins, -1 if there is none."""

    tp: TopicPartition
    leader: int
    epoch: int
    coordinator_epoch: int
    start: int


class Hanging:
    """Ends what hangs. Runs on the sideline's loop."""

    def __init__(self, side: Sideline, transaction_ms: int) -> None:
        self._side = side
        self._transaction_ms = transaction_ms
        self._not_allowed: set[str] = set()
        self._turn = asyncio.Lock()
        self._cluster: ClusterMetadata | None = None
        self._asked = -inf

    async def end(self, transactional_id: str, topics: Iterable[str]) -> int | None:
        """End an id's hanging transaction in `topics` and among the positions, as it was decided; abort an open one.

        Gives the epoch that the id's next producer gets if nobody else uses the id meanwhile; None when there is
        nothing to say: the id is new, or Kafka is older than 4.2. Errors: UndecidedError, KafkaError.
        """
        client = (await self._side.admin())._client
        try:
            last = await self._ended(client, transactional_id)
        except errors.IncompatibleBrokerVersion:
            return None
        if last is None:
            return None
        seen = await self._seen(client, (*topics, OFFSETS), last.pid)
        hanging = [one for one in seen if one.start >= 0]
        if hanging:
            await self._mark(client, transactional_id, last, hanging, commit=_committed(last, seen, hanging))
        return last.epoch + 1

    async def _ended(self, client: AIOKafkaClient, transactional_id: str) -> _Last | None:
        """Wait until the last transaction has ended, and abort it if it is open; None for an id never used."""
        coordinators, asked = Coordinators(client, PATIENCE_S), (CoordinationType.TRANSACTION, transactional_id)
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            described = await coordinators.send(*asked, describe_transaction(transactional_id), _failed)
            code, _, state, _, _, pid, epoch, *_ = described.transactions[0]
            if code == _NO_SUCH_ID:
                return None
            if state in ("Empty", "CompleteCommit", "CompleteAbort"):
                return _Last(state, pid, epoch)
            if state == "Ongoing":
                node = await client.coordinator_lookup(*asked)
                # Once: it is refused while it has the transaction aborted. One more would have the abort forgotten.
                await client.send(node, InitProducerIdRequest(transactional_id, self._transaction_ms))
            await asyncio.sleep(RETRY_S)
        raise errors.ConcurrentTransactions(f"{transactional_id} is in {state}")

    async def _seen(self, client: AIOKafkaClient, topics: Iterable[str], pid: int) -> list[_Seen]:
        """Ask the partitions of `topics` what they know of a producer. Raises KafkaError while one has no leader."""
        cluster = await self._metadata(client)
        tps = []
        for topic in topics:
            partitions = cluster.partitions_for_topic(topic)
            if partitions is None and topic != OFFSETS:  # aiokafka leaves out a topic that Kafka gives an error for
                raise errors.LeaderNotAvailableError(topic)
            tps += [TopicPartition(topic, one) for one in partitions or ()]
        leaders = [(cluster.leader_for_partition(tp), tp) for tp in tps]
        for leader, tp in leaders:
            if leader is None or leader < 0:
                raise errors.LeaderNotAvailableError(_name(tp))
        seen = []
        for leader, asked in _by_leader(leaders):
            response: Any = await client.send(leader, describe_producers(asked))
            for tp, code, producers in _described(response):
                if code == _NOT_ALLOWED:
                    self._warn(tp.topic)
                elif code:
                    raise errors.for_code(code)(_name(tp))
                seen += [_Seen(tp, leader, *rest) for one, *rest in producers if one == pid]
        return seen

    async def _metadata(self, client: AIOKafkaClient) -> ClusterMetadata:
        """Give the leaders of all partitions: those of a moment ago, for the tasks that are taken with this one."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._cluster is None or now - self._asked > FRESH_S:
                self._cluster, self._asked = await client.fetch_all_metadata(), now
            return self._cluster

    def _warn(self, topic: str) -> None:
        if topic not in self._not_allowed:
            self._not_allowed.add(topic)
            log.warning("We may not read %s: a transaction that Kafka leaves hanging there stays unseen", topic)

    async def _mark(
        self, client: AIOKafkaClient, transactional_id: str, last: _Last, hanging: list[_Seen], *, commit: bool
    ) -> None:
        coordinator_epoch = max(0, *(one.coordinator_epoch for one in hanging))
        protocol = 2 if all(one.epoch < last.epoch for one in hanging) else 1
        for leader, topics in _by_leader((one.leader, one.tp) for one in hanging):
            request = write_markers(last.pid, last.epoch, coordinator_epoch, protocol, topics, commit=commit)
            response: Any = await client.send(leader, request)
            for tp, code in _marked(response):
                if code:
                    raise errors.for_code(code)(_name(tp))
        log.warning(
            "%s: its last transaction is %s now in %s; Kafka had left the markers out (KAFKA-20734)",
            transactional_id,
            "committed" if commit else "aborted",
            _names(hanging),
        )


def _failed(described: Any) -> int:
    code: int = described.transactions[0][0]
    return 0 if code == _NO_SUCH_ID else code


def _committed(last: _Last, seen: list[_Seen], hanging: list[_Seen]) -> bool:
    """Whether what hangs was committed. What hangs on from before went the way of the positions: that of the last."""
    if last.state == "Empty":  # a producer began after it, and the decision is forgotten
        oldest = min(one.epoch for one in hanging)
        if any(one.epoch > oldest for one in seen):
            raise UndecidedError(
                f"a transaction of producer {last.pid} hangs in {_names(hanging)}; see kafka-transactions.sh"
            )
        return False  # nobody has seen anything of it
    return last.state == "CompleteCommit"


def _name(tp: TopicPartition) -> str:
    return f"{tp.topic}-{tp.partition}"


def _names(hanging: list[_Seen]) -> str:
    return ", ".join(_name(one.tp) for one in hanging)


def _by_leader(led: Iterable[tuple[int, TopicPartition]]) -> Iterable[tuple[int, dict[str, list[int]]]]:
    """Give each leader with its partitions, by topic."""
    leaders: dict[int, dict[str, list[int]]] = {}
    for leader, tp in led:
        leaders.setdefault(leader, {}).setdefault(tp.topic, []).append(tp.partition)
    return leaders.items()


def _described(response: Any) -> Iterator[tuple[TopicPartition, int, list[tuple[int, int, int, int]]]]:
    """Give each partition with its error and its producers: id, epoch, coordinator's epoch, start of a transaction."""
    for topic, partitions, _ in response.topics:
        for partition, code, _, producers, _ in partitions:
            known = [(pid, epoch, coordinator, start) for pid, epoch, _, _, coordinator, start, _ in producers or ()]
            yield TopicPartition(topic, partition), code, known


def _marked(response: Any) -> Iterator[tuple[TopicPartition, int]]:
    for _, topics, _ in response.markers:
        for topic, partitions, _ in topics:
            for partition, code, _ in partitions:
                yield TopicPartition(topic, partition), code
