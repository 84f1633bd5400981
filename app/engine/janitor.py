"""Retention by arrival: deletes what came long enough ago, whatever time it speaks of.

Kafka's retention.ms goes by record timestamps, which here are event times: positions of 2018, published today, would be
deleted before anybody has read them. So one worker notes every few minutes where the topics end (a mark, in a compacted
topic), and deletes the records below a mark that has become older than the topic's retention.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from app.engine.store import now_ms
from app.settings import Settings
from app.topics import Topic, retention_marks

log = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True):
    """Where partitions ended at a moment: "topic/partition" -> offset."""

    at_ms: int
    ends: dict[str, int]


class Janitor:
    """The work of one worker at a time; two at once only mark twice."""

    def __init__(self, settings: Settings, topics: Iterable[Topic]) -> None:
        self._settings = settings
        self._kept_ms = {
            settings.topic_prefix + topic.name: topic.retention_ms
            for topic in topics
            if topic.by_arrival and topic.retention_ms is not None
        }
        self._marks_topic = settings.topic_prefix + retention_marks.name
        self._marks: list[Mark] = []

    async def work(self) -> None:
        """Mark and delete until cancelled."""
        kafka = self._settings.kafka()
        async with AsyncExitStack() as stack:
            producer = await stack.enter_async_context(AIOKafkaProducer(**kafka))
            consumer = await stack.enter_async_context(
                AIOKafkaConsumer(**kafka, auto_offset_reset="earliest", enable_auto_commit=False)
            )
            admin = AIOKafkaAdminClient(**kafka)
            await admin.start()
            stack.push_async_callback(admin.close)
            await self._read_marks(consumer)
            while True:
                await self._mark(consumer, producer)
                await self._delete(admin, producer)
                await asyncio.sleep(self._settings.retention_mark_s)

    async def _read_marks(self, consumer: AIOKafkaConsumer) -> None:
        tp = TopicPartition(self._marks_topic, 0)
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        marks: dict[bytes, Mark | None] = {}
        await consumer.seek_to_beginning(tp)
        while await consumer.position(tp) < end:
            for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, ()):
                marks[record.key] = record.value and msgspec.json.decode(record.value, type=Mark)
        self._marks = sorted((mark for mark in marks.values() if mark), key=lambda mark: mark.at_ms)

    async def _mark(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        tps = [TopicPartition(name, number) for name in self._kept_ms for number in range(self._settings.partitions)]
        ends = await consumer.end_offsets(tps)
        mark = Mark(now_ms(), {f"{tp.topic}/{tp.partition}": end for tp, end in ends.items() if end})
        if self._marks and mark.ends == self._marks[-1].ends:
            return
        await producer.send_and_wait(self._marks_topic, msgspec.json.encode(mark), key=_key(mark), partition=0)
        self._marks.append(mark)

    async def _delete(self, admin: AIOKafkaAdminClient, producer: AIOKafkaProducer) -> None:
        below: dict[TopicPartition, Any] = {}
        now, used = now_ms(), 0
        for number, mark in enumerate(self._marks):
            old = [name for name in mark.ends if mark.at_ms <= now - self._kept_ms.get(name.rpartition("/")[0], 0)]
            for name in old:
                topic, _, partition = name.rpartition("/")
                below[TopicPartition(topic, int(partition))] = RecordsToDelete(mark.ends[name])
            if used == number and len(old) == len(mark.ends):
                used += 1
        if not below:
            return
        await admin.delete_records(below)
        done, self._marks = self._marks[:used], self._marks[used:]
        for mark in done:
            await producer.send_and_wait(self._marks_topic, None, key=_key(mark), partition=0)
        log.info("%d partitions let go of what came before their retention", len(below))


def _key(mark: Mark) -> bytes:
    return b"%d" % mark.at_ms
