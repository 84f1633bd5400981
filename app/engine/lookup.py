"""Looking things up in Kafka: positions, single records, the last ones of a topic. Runs on the sideline's loop."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import CoordinationType

from app.engine.coordinators import Coordinators
from app.engine.ends import stable_ends
from app.engine.sideline import Sideline
from app.engine.wire_offsets import offset_error, offset_fetch

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE_S = 15.0  # for the coordinator of positions: Kafka just started loads them first


class Lookup:
    """Each look-up has a consumer of its own."""

    def __init__(self, side: Sideline) -> None:
        self._side = side

    async def positions(self, group: str, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Give the committed offsets of a group without members; where there is none, where the topic begins.

        Errors: KafkaError, also while the coordinator does not know them: an answer without them says nothing.
        """
        committed = await self._committed(group, tps)
        consumer = await self._side.consumer()
        try:
            beginnings = await consumer.beginning_offsets(tps)
            ends = await consumer.end_offsets(tps)
        finally:
            await consumer.stop()
        positions = {}
        for tp in tps:
            offset = committed[tp]
            if 0 <= offset < beginnings[tp]:
                log.error("%s-%s: %s records were deleted unread", tp.topic, tp.partition, beginnings[tp] - offset)
            if offset > ends[tp]:
                log.error("%s-%s ends at %s, before our position %s: the topic was made anew", *tp, ends[tp], offset)
                offset = beginnings[tp]
            positions[tp] = max(offset, beginnings[tp])
        return positions

    async def _committed(self, group: str, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Give what is committed, -1 for a partition without. aiokafka's own call takes an error for that as well."""
        topics: dict[str, list[int]] = {}
        for tp in tps:
            topics.setdefault(tp.topic, []).append(tp.partition)
        coordinators = Coordinators((await self._side.admin())._client, PATIENCE_S)
        response = await coordinators.send(CoordinationType.GROUP, group, offset_fetch(group, topics), offset_error)
        return {
            TopicPartition(topic, partition): offset
            for topic, rows, _ in response.topics
            for partition, offset, *_ in rows
        }

    async def read_at(self, topic: str, partition: int, offset: int) -> Any:
        """Give the one committed record at an offset, None if it is not there any more."""
        consumer = await self._side.consumer()
        try:
            tp = TopicPartition(topic, partition)
            consumer.assign([tp])
            consumer.seek(tp, offset)
            fetched = await consumer.getmany(tp, timeout_ms=5000, max_records=1)
            record = next(iter(fetched.get(tp, ())), None)
            return record if record is not None and record.offset == offset else None
        finally:
            await consumer.stop()

    async def read_all(self, topic: str, partition: int) -> list[Any]:
        """Give all committed records of a partition; for topics that are small by nature (parked, dead letters)."""
        consumer = await self._side.consumer()
        tp = TopicPartition(topic, partition)
        try:
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            await consumer.seek_to_beginning(tp)
            records: list[Any] = []
            while await consumer.position(tp) < end:
                records += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
            return records
        finally:
            await consumer.stop()

    async def newest(
        self, topic: str, before: Mapping[int, int], most: int, keep: Callable[[Any], T]
    ) -> dict[int, tuple[list[tuple[int, T]], bool]]:
        """Give the last committed records of partitions, the newest first, as (offset, what `keep` makes of each).

        `before`: partition -> offset below which to look; up to `most` of each partition, and if there may be more.
        """
        consumer = await self._side.consumer()
        found = {}
        try:
            tps = [TopicPartition(topic, partition) for partition in before]
            begins, ends = await consumer.beginning_offsets(tps), await stable_ends(consumer, tps)
            for tp in tps:
                consumer.assign([tp])  # one at a time: what is assigned is also fetched ahead
                upto = min(before[tp.partition], ends[tp])
                kept: list[tuple[int, T]] = []
                window = 2 * most  # a record that was written alone has a marker behind it
                while upto > begins[tp] and len(kept) < most:
                    start = max(begins[tp], upto - window)
                    records = await _between(consumer, tp, start, upto)
                    kept += [(record.offset, keep(record)) for record in reversed(records)]
                    upto, window = start, window * 2
                found[tp.partition] = (kept[:most], upto > begins[tp] or len(kept) > most)
            return found
        finally:
            await consumer.stop()


async def _between(consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, stop: int) -> list[Any]:
    """Give the committed records with start <= offset < stop of an assigned partition."""
    consumer.seek(tp, start)
    records: list[Any] = []
    while await consumer.position(tp) < stop:
        records += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
    return [record for record in records if record.offset < stop]
