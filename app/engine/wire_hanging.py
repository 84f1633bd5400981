"""Requests about transactions that hang: what the coordinator decided, what a partition knows, and the markers.

Source: Kafka's DescribeTransactionsRequest.json v0, DescribeProducersRequest.json v0 (KIP-664), and
WriteTxnMarkersRequest.json v2 (KIP-1228, Kafka 4.2).
"""

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    Int8,
    Int16,
    Int32,
    Int64,
    Schema,
)

from app.engine.wire import OUTCOMES, TAGS, TEXT, Fixed, Versions

_PARTITIONS = CompactArray(("topic", TEXT), ("partitions", CompactArray(Int32)), TAGS)


class _DescribeTransactionsResponse(Response):
    API_KEY = 65
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "transactions",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", TEXT),
                ("state", TEXT),
                ("timeout_ms", Int32),
                ("start_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                ("topics", _PARTITIONS),
                TAGS,
            ),
        ),
        TAGS,
    )


class _DescribeTransactions(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = _DescribeTransactionsResponse
    SCHEMA = Schema(("transactional_ids", CompactArray(TEXT)), TAGS)


class _DescribeProducersResponse(Response):
    API_KEY = 61
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", TEXT),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", TEXT),
                        (
                            "producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp", Int64),
                                ("coordinator_epoch", Int32),
                                ("transaction_start", Int64),
                                TAGS,
                            ),
                        ),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        TAGS,
    )


class _DescribeProducers(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 61
    API_VERSION = 0
    RESPONSE_TYPE = _DescribeProducersResponse
    SCHEMA = Schema(("topics", _PARTITIONS), TAGS)


class _WriteTxnMarkersResponse(Response):
    API_KEY = 27
    API_VERSION = 2
    SCHEMA = Schema(
        ("markers", CompactArray(("producer_id", Int64), ("topics", OUTCOMES), TAGS)),
        TAGS,
    )


class _WriteTxnMarkers(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 27
    API_VERSION = 2
    RESPONSE_TYPE = _WriteTxnMarkersResponse
    SCHEMA = Schema(
        (
            "markers",
            CompactArray(
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                ("committed", Boolean),
                ("topics", _PARTITIONS),
                ("coordinator_epoch", Int32),
                ("transaction_version", Int8),
                TAGS,
            ),
        ),
        TAGS,
    )


class _Repairable(Fixed):
    """A request for a Kafka that takes markers of the second protocol from us."""

    def prepare(self, versions: Versions) -> RequestStruct:
        """Give the request. Raises IncompatibleBrokerVersion where there are no such markers."""
        if versions.get(_WriteTxnMarkers.API_KEY, (0, -1))[1] < _WriteTxnMarkers.API_VERSION:
            raise IncompatibleBrokerVersion("Kafka before 4.2")
        return super().prepare(versions)


def describe_transaction(transactional_id: str) -> Fixed:
    """Ask the coordinator for the state, producer id and epoch of an id's last transaction."""
    return _Repairable(_DescribeTransactions([transactional_id], {}))


def describe_producers(topics: Mapping[str, list[int]]) -> Fixed:
    """Ask a leader which producers its partitions know, and whether a transaction of theirs is open there."""
    return Fixed(_DescribeProducers([(topic, partitions, {}) for topic, partitions in topics.items()], {}))


def write_markers(
    pid: int, epoch: int, coordinator_epoch: int, protocol: int, topics: Mapping[str, list[int]], *, commit: bool
) -> Fixed:
    """End a transaction in some partitions, as their leader would be told by the coordinator.

    In the second protocol a marker's epoch is above that of the records, and is refused where it is not.
    """
    rows: list[Any] = [(topic, partitions, {}) for topic, partitions in topics.items()]
    return Fixed(_WriteTxnMarkers([(pid, epoch, commit, rows, coordinator_epoch, protocol, {})], {}))
