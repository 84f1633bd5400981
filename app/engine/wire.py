"""Requests of Kafka's second transaction protocol (KIP-890), which aiokafka does not speak yet.

A partition or a group becomes part of a transaction with the first request that writes to it: AddPartitionsToTxn and
AddOffsetsToTxn are gone, and each transaction ends with a new producer epoch. Kafka 4.0 and later; a cluster that was
upgraded has it once its feature transaction.version is 2.
Source: Kafka's ProduceRequest.json v12, TxnOffsetCommitRequest.json v5, EndTxnRequest.json v5.
"""

from collections.abc import Mapping
from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
    UnsignedVarInt32,
)

from app.engine.batches import Built

TEXT = CompactString("utf-8")
TAGS: tuple[str, Any] = ("tags", TaggedFields)
OUTCOMES = CompactArray(  # the error of each partition of each topic
    ("topic", TEXT), ("partitions", CompactArray(("partition", Int32), ("error_code", Int16), TAGS)), TAGS
)
_ALL_REPLICAS = Int16.encode(-1)
Versions = dict[int, tuple[int, int]]
Rows = list[tuple[int, Built]]


class _ProduceResponse(Response):
    API_KEY = 0
    API_VERSION = 12
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("offset", Int64),
                        ("timestamp", Int64),
                        ("log_start_offset", Int64),
                        ("record_errors", CompactArray(("index", Int32), ("message", TEXT), TAGS)),
                        ("error_message", TEXT),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        ("throttle_time_ms", Int32),
        TAGS,
    )


class _AsIs(AbstractType[bytes]):
    """What is encoded already: megabytes of records should not be copied for each level they lie in."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Give the bytes."""
        return value


class _Produce(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 0
    API_VERSION = 12
    RESPONSE_TYPE = _ProduceResponse
    SCHEMA = Schema(("body", _AsIs))


class _TxnOffsetCommitResponse(Response):
    API_KEY = 28
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("topics", OUTCOMES),
        TAGS,
    )


class _TxnOffsetCommit(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 28
    API_VERSION = 5
    RESPONSE_TYPE = _TxnOffsetCommitResponse
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("group_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("generation_id", Int32),
        ("member_id", TEXT),
        ("group_instance_id", TEXT),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", TEXT),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class _EndTxnResponse(Response):
    API_KEY = 26
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        TAGS,
    )


class _EndTxn(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 26
    API_VERSION = 5
    RESPONSE_TYPE = _EndTxnResponse
    SCHEMA = Schema(
        ("transactional_id", TEXT),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("committed", Boolean),
        TAGS,
    )


class Fixed(Request[RequestStruct]):
    """A request of one version: the broker was asked before whether it knows it."""

    API_KEY = -1

    def __init__(self, struct: RequestStruct) -> None:
        self._struct = struct

    def build(self, request_struct_class: type[RequestStruct]) -> RequestStruct:
        """Give the request."""
        return self._struct

    def prepare(self, versions: Versions) -> RequestStruct:
        """Give the request; nothing is left to negotiate."""
        return self._struct


def produce(transactional_id: str, timeout_ms: int, topics: Mapping[str, Rows]) -> Fixed:
    """Write batches: topics are {name: [(partition, records)]}."""
    count, tags = UnsignedVarInt32.encode, b"\0"
    body = [TEXT.encode(transactional_id), _ALL_REPLICAS, Int32.encode(timeout_ms), count(len(topics) + 1)]
    for name, rows in topics.items():
        body += TEXT.encode(name), count(len(rows) + 1)
        for partition, records in rows:
            body += Int32.encode(partition), count(len(records) + 1), records, tags
        body.append(tags)
    body.append(tags)
    return Fixed(_Produce(b"".join(body)))


def commit_offsets(transactional_id: str, group: str, pid: int, epoch: int, topics: list[Any]) -> Fixed:
    """Commit positions of a group that has no members: topics are (name, [(partition, offset)])."""
    rows: list[Any] = [
        (name, [(partition, offset, -1, "", {}) for partition, offset in rows], {}) for name, rows in topics
    ]
    return Fixed(_TxnOffsetCommit(transactional_id, group, pid, epoch, -1, "", None, rows, {}))


def end(transactional_id: str, pid: int, epoch: int, *, commit: bool) -> Fixed:
    """Commit or abort."""
    return Fixed(_EndTxn(transactional_id, pid, epoch, commit, {}))
