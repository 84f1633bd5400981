"""Whatever a client sends: a 4xx problem, never a 500, and the worker goes on."""

import asyncio
import gzip
import io
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
import pytest
from yarl import URL

from tests.views.calls import HEAD, assert_problem, create, id_in, new_id, ready

CREATE = {"type": "CreateInvoice", "commandId": "c1", **HEAD}
JSON = {"Content-Type": "application/json"}

BODIES: dict[str, tuple[bytes, str | None]] = {
    "no body": (b"", None),
    "not JSON": (b"hello", None),
    "cut off": (orjson.dumps(CREATE)[:-1], None),
    "more behind it": (orjson.dumps(CREATE) + b"{}", None),
    "not UTF-8": (orjson.dumps(CREATE).replace(b"Ann", b"\xff\xfe"), None),
    "UTF-16": (orjson.dumps(CREATE).decode().encode("utf-16"), None),
    "a list": (b"[]", None),
    "a string": (b'"x"', None),
    "null": (b"null", None),
    "100,000 open brackets": (b"[" * 100_000, None),
    "100,000 open braces": (b'{"a":' * 100_000, None),
    "brackets inside a command": (orjson.dumps(CREATE)[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
    "no type": (orjson.dumps({"commandId": "c"}), "type"),
    "an unknown type": (orjson.dumps({"type": "BurnInvoice"}), "type"),
    "a type that is a number": (orjson.dumps({"type": 7}), "type"),
    "a number where text belongs": (orjson.dumps(CREATE | {"customerName": 7}), "customerName"),
    "a text where a number belongs": (orjson.dumps({"type": "RemoveLineItem", "index": "0"}), "index"),
    "a fraction where a whole number belongs": (orjson.dumps({"type": "RemoveLineItem", "index": 0.5}), "index"),
    "a huge number": (b'{"type":"RemoveLineItem","index":1e999999}', "index"),
    "NaN": (b'{"type":"RemoveLineItem","index":NaN}', None),
    "a version that is text": (orjson.dumps({"type": "SendInvoice", "expectedVersion": "1"}), "expectedVersion"),
    "a missing field": (orjson.dumps({"type": "AddLineItem", "quantity": "1", "price": "1"}), "description"),
    "a wrong field in a list": (
        orjson.dumps(CREATE | {"lineItems": [{"description": "x", "quantity": 1}]}), "lineItems[0].quantity",
    ),
    "a command id with blanks": (orjson.dumps(CREATE | {"commandId": "a b"}), "commandId"),
    "a command id too long": (orjson.dumps(CREATE | {"commandId": "a" * 65}), "commandId"),
    "an empty command id": (orjson.dumps(CREATE | {"commandId": ""}), "commandId"),
    "a null command id": (orjson.dumps(CREATE | {"commandId": None}), "commandId"),
    "an origin with a quote": (orjson.dumps(CREATE | {"originId": 'a"b'}), "originId"),
    "an exponent as an id": (b'{"type":"SendInvoice","commandId":1e999999}', "commandId"),
}  # fmt: skip

CHUNKED = (
    b"POST /api/invoices/x/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(autouse=True)
async def alive(http: aiohttp.ClientSession, web: str) -> Any:
    """Whatever was sent, the worker answers the next one."""
    yield
    await ready(http, web)


@pytest.mark.parametrize(("body", "field"), BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_command_is_malformed_and_says_where(
    http: aiohttp.ClientSession, web: str, body: bytes, field: str | None
) -> None:
    async with http.post(f"{web}/api/invoices/{new_id()}/commands", data=body, headers=JSON) as answer:
        await assert_problem(answer, 400, "malformed", field)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
async def test_a_body_that_does_not_say_it_is_json_is_refused(http: aiohttp.ClientSession, web: str, kind: str) -> None:
    async with http.post(
        f"{web}/api/invoices/x/commands", data=orjson.dumps(CREATE), headers={"Content-Type": kind}
    ) as answer:
        await assert_problem(answer, 415, "unsupported-media-type")


async def test_a_body_over_one_mebibyte_is_too_large_whether_it_says_so_or_not(
    http: aiohttp.ClientSession, web: str
) -> None:
    body = orjson.dumps(CREATE | {"customerName": "x" * (1 << 20)})

    async def in_chunks() -> Any:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    for data in (io.BytesIO(body), in_chunks()):
        async with http.post(f"{web}/api/invoices/x/commands", data=data, headers=JSON) as answer:
            await assert_problem(answer, 413, "too-large")


async def test_a_body_of_nearly_one_mebibyte_that_fits_no_record_is_too_large(
    http: aiohttp.ClientSession, web: str
) -> None:
    room = (1 << 20) - len(orjson.dumps(CREATE | {"padding": ""}))
    for number in range(8):
        url = f"{web}/api/invoices/{id_in(number)}/commands"
        for less, status in ((0, 413), (150, 413), (300, 200)):
            body = orjson.dumps(CREATE | {"padding": "x" * (room - less)})
            async with http.post(url, data=body, headers=JSON) as answer:
                if status == 413:
                    await assert_problem(answer, 413, "too-large")
                assert answer.status == status
        await create(http, web, id_in(number))  # what was refused breaks nothing for those who come after


async def test_a_zipped_body_is_measured_unzipped(http: aiohttp.ClientSession, web: str) -> None:
    bomb = gzip.compress(orjson.dumps(CREATE | {"customerName": "x" * (50 << 20)}))
    zipped = JSON | {"Content-Encoding": "gzip"}
    async with http.post(f"{web}/api/invoices/x/commands", data=bomb, headers=zipped) as answer:
        await assert_problem(answer, 413, "too-large")
    async with http.post(f"{web}/api/invoices/x/commands", data=b"no gzip", headers=zipped) as answer:
        await assert_problem(answer, 400, "malformed")


async def test_a_body_that_does_not_come_in_time_is_given_up(http: aiohttp.ClientSession, web: str) -> None:
    never = asyncio.Event()

    async def slow() -> Any:
        yield b'{"type":'
        await never.wait()

    async with http.post(f"{web}/api/invoices/x/commands?timeout=0.3", data=slow(), headers=JSON) as answer:
        await assert_problem(answer, 408, "too-slow")
        never.set()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/invoices/a%20b", 400),
        ("/api/invoices/%00", 400),
        ("/api/invoices/a%00b", 400),
        ("/api/invoices/a%2Fb", 400),
        ("/api/invoices/%2e%2e%2fhealth", 400),
        ("/api/invoices/" + "a" * 65, 400),
        ("/api/invoices/%FF", 400),
        ("/api/invoices/%zz", 400),
        ("/api/invoices/ž", 400),
        ("/api/invoices/%2e%2e", 404),
        ("/api/invoices/../../etc/passwd", 404),
        ("/api/invoices/", 404),
        ("/api//invoices", 404),
        ("//api/invoices", 404),
        ("/api/invoices//commands", 404),
        ("/static/../answers.py", 404),
        ("/static/%2e%2e/answers.py", 404),
        ("/static/..%2fanswers.py", 404),
        ("/static/%2e%2e%2f%2e%2e%2fpyproject.toml", 404),
        ("/static//etc/passwd", 404),
        ("/static/%2fetc%2fpasswd", 404),
        ("/static/%00", 404),
        ("/static/index.html%00.js", 404),
        ("/static/vendor", 404),
        ("/static/", 404),
        ("/static/" + "a/" * 2000, 404),
        ("/static/" + "a" * 5000, 404),
        ("/api/tables/invoices/%FF%FE", 404),
        ("/api/tables/invoices/%ED%A0%80", 404),
        ("/api/tables/none/x", 404),
        ("/api/tables/none", 404),
        ("/api/tables/invoice-history/x", 400),
        ("/api/tables/invoice-history/x/-1", 400),
        ("/api/tables/invoice-history/x/" + "9" * 30, 400),
        ("/api/deadletters/99/0", 404),
        ("/api/deadletters/0/999999999999", 404),
        ("/api/deadletters?cursor=e30", 400),
        ("/api/deadletters?cursor=AAAA", 400),
        ("/api/deadletters?limit=0", 400),
        ("/api/invoices/x/events?from=-1", 400),
        ("/api/invoices/x?timeout=x", 400),
        ("/api/events?origin=%20", 400),
        ("/router", 404),
        ("/graph", 404),
        ("/metrics/x", 404),
        ("/%", 404),
        ("/?" + "x" * 7000, 200),
    ],
)
async def test_a_path_that_leads_nowhere_or_astray_is_a_problem(web: str, path: str, status: int) -> None:
    answer = await raw(web, f"GET {path} HTTP/1.1\r\nHost: {urlsplit(web).netloc}\r\n\r\n".encode())
    assert answer[:7] == b"HTTP/1."
    assert answer[9:12] == b"%d" % status, answer[:300]
    assert status == 200 or b"application/problem+json" in answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/invoices/x"),
        ("PUT", "/api/invoices/x"),
        ("GET", "/api/invoices/x/commands"),
        ("POST", "/api/invoices"),
        ("POST", "/health/live"),
        ("OPTIONS", "/api/invoices"),
        ("PATCH", "/"),
        ("HEAD", "/api/events"),
    ],
)
async def test_a_method_that_a_path_does_not_take_is_405_and_says_which_it_takes(
    http: aiohttp.ClientSession, web: str, method: str, path: str
) -> None:
    async with http.request(method, web + path) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"]
        if method != "HEAD":
            await assert_problem(answer, 405, "method-not-allowed")


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /api/invoices/x/commands HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/invoices/x/commands HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_is_not_http_is_malformed(web: str, data: bytes) -> None:
    answer = await raw(web, data)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/0.9 4")), answer[:300]
    assert b"application/problem+json" in answer


async def test_a_caller_who_leaves_halfway_harms_nobody(http: aiohttp.ClientSession, web: str) -> None:
    parts = urlsplit(web)
    for _ in range(20):
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(b"POST /api/invoices/x/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n")
    await create(http, web)


@pytest.mark.parametrize("body", [b"", b"x", b"\x91" * 100_000, b"\x80", b"\xc0"])
async def test_what_is_meant_for_workers_is_refused_to_others(
    http: aiohttp.ClientSession, web: str, body: bytes
) -> None:
    async with http.post(f"{web}/internal/scan", data=body) as answer:
        await assert_problem(answer, 400, "malformed")


async def raw(web: str, data: bytes) -> bytes:
    """Send bytes as they are; gives the answer."""
    url = URL(web)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        writer.write(data)
        async with asyncio.timeout(15):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            return head + await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()
