"""Whose data a store holds: cluster and topics by id, since a name can be given to another topic.

aiokafka speaks the Metadata API up to version 5, ids came with version 10: hence the request spelt out here.
Source: Kafka's MetadataRequest.json and MetadataResponse.json, version 12.
"""

from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    Int16,
    Int32,
    Schema,
)

from app.engine.wire import TAGS, TEXT


class Uuid(AbstractType[bytes]):
    """16 bytes as they stand."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Give the bytes."""
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        """Take the bytes."""
        return data.read(16)


class _Response(Response):
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", TEXT),
                ("port", Int32),
                ("rack", TEXT),
                TAGS,
            ),
        ),
        ("cluster_id", TEXT),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", TEXT),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        TAGS,
                    ),
                ),
                ("authorized_operations", Int32),
                TAGS,
            ),
        ),
        TAGS,
    )


class _RequestV12(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("name", TEXT), TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        TAGS,
    )


class _Request(Request[_RequestV12]):
    API_KEY = 3

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_RequestV12]) -> _RequestV12:
        return request_struct_class([(bytes(16), name, {}) for name in self._topics], False, False, {})


async def identify(client: AIOKafkaClient, topics: list[str]) -> tuple[str, dict[str, str]]:
    """Ask for the id of the cluster and of each topic. Errors: KafkaError; LookupError names missing topics."""
    response: Any = await client.send(client.get_random_node(), _Request(topics))
    ids = {name: str(UUID(bytes=uid)) for error, name, uid, *_ in response.topics if not error}
    missing = sorted(set(topics) - set(ids))
    if missing:
        raise LookupError(f"topics that do not exist: {', '.join(missing)}; `kawka topics create` makes them")
    return response.cluster_id, ids
