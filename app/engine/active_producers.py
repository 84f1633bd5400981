"""Which producers partitions know, and which of their transactions are open there (KIP-664)."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, NamedTuple

from aiokafka import TopicPartition, errors
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata

from app.engine.wire_hanging import describe_producers

log = logging.getLogger(__name__)
OFFSETS = "__consumer_offsets"
FRESH_S = 0.5  # a partition that has moved meanwhile says so
_NOT_ALLOWED = 29


class ActiveProducer(NamedTuple):
    """What a partition knows of a producer; `start` is where its open transaction begins, -1 if there is none."""

    tp: TopicPartition
    leader: int
    epoch: int
    coordinator_epoch: int
    start: int


class ActiveProducers:
    """Asks the partitions. Runs on the sideline's loop."""

    def __init__(self) -> None:
        self._not_allowed: set[str] = set()
        self._turn = asyncio.Lock()
        self._cluster: ClusterMetadata | None = None
        self._asked = -inf

    async def ask(self, client: AIOKafkaClient, topics: Iterable[str], pid: int) -> list[ActiveProducer]:
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
                raise errors.LeaderNotAvailableError(tp_name(tp))
        seen = []
        for leader, asked in by_leader(leaders):
            response: Any = await client.send(leader, describe_producers(asked))
            for tp, code, producers in _described(response):
                if code == _NOT_ALLOWED:
                    self._warn(tp.topic)
                elif code:
                    raise errors.for_code(code)(tp_name(tp))
                seen += [ActiveProducer(tp, leader, *rest) for one, *rest in producers if one == pid]
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


def tp_name(tp: TopicPartition) -> str:
    """Give it as Kafka writes it: topic-partition."""
    return f"{tp.topic}-{tp.partition}"


def by_leader(led: Iterable[tuple[int, TopicPartition]]) -> Iterable[tuple[int, dict[str, list[int]]]]:
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
