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
from typing import Any, NamedTuple

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.transaction import InitProducerIdRequest

from app.engine.active_producers import OFFSETS, ActiveProducer, ActiveProducers, by_leader, tp_name
from app.engine.coordinators import RETRY_S, Coordinators
from app.engine.sideline import Sideline
from app.engine.wire_hanging import describe_transaction, write_markers

log = logging.getLogger(__name__)
PATIENCE_S = 15.0
_NO_SUCH_ID = 105


class UndecidedError(RuntimeError):
    """A transaction hangs, and nobody knows any more how it ended: a human has to say."""


class _Last(NamedTuple):
    """The last transaction of a transactional id."""

    state: str
    pid: int
    epoch: int  # in the second protocol that of the next one, once it has ended


class Hanging:
    """Ends what hangs. Runs on the sideline's loop."""

    def __init__(self, side: Sideline, transaction_ms: int) -> None:
        self._side = side
        self._transaction_ms = transaction_ms
        self._producers = ActiveProducers()

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
        seen = await self._producers.ask(client, (*topics, OFFSETS), last.pid)
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

    async def _mark(
        self, client: AIOKafkaClient, transactional_id: str, last: _Last, hanging: list[ActiveProducer], *, commit: bool
    ) -> None:
        coordinator_epoch = max(0, *(one.coordinator_epoch for one in hanging))
        protocol = 2 if all(one.epoch < last.epoch for one in hanging) else 1
        for leader, topics in by_leader((one.leader, one.tp) for one in hanging):
            request = write_markers(last.pid, last.epoch, coordinator_epoch, protocol, topics, commit=commit)
            response: Any = await client.send(leader, request)
            for tp, code in _marked(response):
                if code:
                    raise errors.for_code(code)(tp_name(tp))
        log.warning(
            "%s: its last transaction is %s now in %s; Kafka had left the markers out (KAFKA-20734)",
            transactional_id,
            "committed" if commit else "aborted",
            _names(hanging),
        )


def _failed(described: Any) -> int:
    code: int = described.transactions[0][0]
    return 0 if code == _NO_SUCH_ID else code


def _committed(last: _Last, seen: list[ActiveProducer], hanging: list[ActiveProducer]) -> bool:
    """Whether what hangs was committed. What hangs on from before went the way of the positions: that of the last."""
    if last.state == "Empty":  # a producer began after it, and the decision is forgotten
        oldest = min(one.epoch for one in hanging)
        if any(one.epoch > oldest for one in seen):
            raise UndecidedError(
                f"a transaction of producer {last.pid} hangs in {_names(hanging)}; see kafka-transactions.sh"
            )
        return False  # nobody has seen anything of it
    return last.state == "CompleteCommit"


def _names(hanging: list[ActiveProducer]) -> str:
    return ", ".join(tp_name(one.tp) for one in hanging)


def _marked(response: Any) -> Iterator[tuple[TopicPartition, int]]:
    for _, topics, _ in response.markers:
        for topic, partitions, _ in topics:
            for partition, code, _ in partitions:
                yield TopicPartition(topic, partition), code
