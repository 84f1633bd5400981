"""Records as they come from Kafka, made four times as fast as aiokafka's own, which are frozen dataclasses."""

from collections import OrderedDict
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchResult


class Record(msgspec.Struct, frozen=True, gc=False):
    """What tables and handlers read of a record; see table.KafkaRecord."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class _Fetched(OrderedDict[TopicPartition, Any]):
    """The place of aiokafka's fetcher for what has arrived: it has what arrives unpacked to `Record`."""

    def __setitem__(self, tp: TopicPartition, fetched: Any) -> None:
        if type(fetched) is FetchResult:
            fetched._partition_records._consumer_record = _record
        super().__setitem__(tp, fetched)


def light_records(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer give `Record`s. aiokafka has no hook for it."""
    consumer._fetcher._records = _Fetched(consumer._fetcher._records)


def _record(tp: TopicPartition, record: Any) -> Record:
    headers = tuple(record.headers)
    return Record(tp.topic, tp.partition, record.offset, record.timestamp, record.key, record.value, headers)
