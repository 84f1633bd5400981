"""OffsetFetch that waits for what is undecided, which aiokafka does not speak: `require_stable` (KIP-447, Kafka 2.5).

Source: Kafka's OffsetFetchRequest.json and OffsetFetchResponse.json, version 7.
"""

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, Int16, Int32, Int64, Schema

from app.engine.wire import TAGS, TEXT, Fixed, Versions


class _OffsetFetchResponse(Response):
    API_KEY = 9
    API_VERSION = 7
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
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", TEXT),
                        ("error_code", Int16),
                        TAGS,
                    ),
                ),
                TAGS,
            ),
        ),
        ("error_code", Int16),
        TAGS,
    )


class _OffsetFetch(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 9
    API_VERSION = 7
    RESPONSE_TYPE = _OffsetFetchResponse
    SCHEMA = Schema(
        ("group", TEXT),
        ("topics", CompactArray(("topic", TEXT), ("partitions", CompactArray(Int32)), TAGS)),
        ("require_stable", Boolean),
        TAGS,
    )


class _StableOffsets(Fixed):
    def prepare(self, versions: Versions) -> RequestStruct:
        """Give the request. Raises IncompatibleBrokerVersion where positions may be those of before a commit."""
        if versions.get(_OffsetFetch.API_KEY, (0, -1))[1] < _OffsetFetch.API_VERSION:
            raise IncompatibleBrokerVersion("Kafka before 2.5")
        return super().prepare(versions)


def offset_fetch(group: str, topics: Mapping[str, list[int]]) -> Fixed:
    """Ask for a group's committed positions; refused while a transaction with one of them is open."""
    rows: list[Any] = [(topic, partitions, {}) for topic, partitions in topics.items()]
    return _StableOffsets(_OffsetFetch(group, rows, True, {}))


def offset_error(response: Any) -> int:
    """Give the first error of an answer: that of the group, in which case it names no partition, or of a partition."""
    partitions = (code for _, rows, _ in response.topics for *_, code, _ in rows if code)
    return int(response.error_code or next(partitions, 0))
