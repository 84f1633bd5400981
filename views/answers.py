"""Answers with a body of JSON that is at hand as bytes: nothing is encoded twice."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
from aiohttp.web import Response
from faust.types import TP

HEADERS: Final = {"Server": "kawka", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_JSON: Final = {"Content-Type": "application/json", **HEADERS}


def raw_json(body: bytes, status: int = 200, **headers: str) -> Response:
    """Answer with JSON bytes; a header's name is written with underscores."""
    return Response(body=body, status=status, headers={**_JSON, **_named(headers)} if headers else _JSON)


def json(value: Any, status: int = 200, **headers: str) -> Response:
    """Answer with a value as JSON."""
    return raw_json(orjson.dumps(value), status, **headers)


def held(body: bytes, position: str, served_by: str) -> Response:
    """Answer with state: where in the log it stands, and who held it (host:port)."""
    return Response(body=body, headers={**_JSON, "Kawka-Position": position, "Kawka-Served-By": served_by})


def array(items: Iterable[bytes]) -> bytes:
    """Give a JSON array of values that are JSON already."""
    return b"[%b]" % b",".join(items)


def token(position: Mapping[TP, int]) -> str:
    """Write a position as contract.md has it: topic-partition:nextOffset[,...]."""
    return ",".join([f"{tp.topic}-{tp.partition}:{offset}" for tp, offset in position.items()])


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
