"""What a broker knows, and which features the cluster has switched on.

Source: Kafka's ApiVersionsRequest.json and ApiVersionsResponse.json, version 3 (KIP-584).
"""

from io import BytesIO
from typing import Any

from aiokafka.protocol.api import RequestStruct, Response, ResponseHeader_v0, ResponseHeader_v1
from aiokafka.protocol.types import CompactArray, Int16, Int32, Schema

from app.engine.wire import TAGS, TEXT, Fixed


class _ApiVersionsResponse(Response):
    API_KEY = 18
    API_VERSION = 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("api_versions", CompactArray(("api_key", Int16), ("min", Int16), ("max", Int16), TAGS)),
        ("throttle_time_ms", Int32),
        TAGS,
    )


class _ApiVersions(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 18
    API_VERSION = 3
    RESPONSE_TYPE = _ApiVersionsResponse
    SCHEMA = Schema(("software_name", TEXT), ("software_version", TEXT), TAGS)

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0 | ResponseHeader_v1:
        """Give the old header: whoever asks for versions cannot know of a newer one."""
        return ResponseHeader_v0.decode(read_buffer)


def api_versions() -> Fixed:
    """Ask what the broker knows, and what the cluster has switched on."""
    return Fixed(_ApiVersions("kawka", "1", {}))


def transaction_version(response: Any) -> int:
    """Give the level of the feature transaction.version in an answer to `api_versions`; 0 when it is not there."""
    finalized = response.tags.get(2)
    if finalized is None:
        return 0
    features = CompactArray(("name", TEXT), ("max", Int16), ("min", Int16), TAGS).decode(BytesIO(finalized)) or []
    return next((level for name, level, *_ in features if name == "transaction.version"), 0)
