"""Calls to a worker, and what every answer of one kind must look like."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiokafka.partitioner import murmur2

from tests.workers import Cluster, Worker, eventually

HEAD: dict[str, Any] = {
    "customerName": "Ann",
    "customerEmail": "ann@example.org",
    "issueDate": "2026-01-01",
    "dueDate": "2026-02-01",
    "lineItems": [],
}
LINE: dict[str, Any] = {"description": "thing", "quantity": "1", "price": "2.50"}
PARTITIONS = 8
PATIENCE_S = 25


def new_id() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def partition(key: str) -> int:
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS)


def id_in(*partitions: int) -> str:
    """Make an id that lies in one of some partitions."""
    return next(key for key in iter(new_id, "") if partition(key) in partitions)


def client(patience_s: int = PATIENCE_S, **how: Any) -> aiohttp.ClientSession:
    """Give a client that waits so long where a call does not say how long.

    What a worker waits by itself (5 s, in /v1 10 s) is no bound to hold a machine to that has other work.
    """

    async def wait(call: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        units = {"/api": 1, "/v1/": 1000}.get(call.url.raw_path[:4])
        if units and "timeout" not in call.url.query:
            call.url = call.url.extend_query(timeout=patience_s * units)
        return await handler(call)

    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120), middlewares=[wait], **how)


async def send(
    http: aiohttp.ClientSession,
    web: str,
    invoice: str,
    type_: str,
    *,
    query: str = "",
    headers: Any = None,
    **fields: Any,
) -> tuple[int, dict[str, Any], Any]:
    """Send a command; gives status, body, headers."""
    url = f"{web}/api/invoices/{invoice}/commands{query}"
    async with http.post(url, json={"type": type_, **fields}, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def create(http: aiohttp.ClientSession, web: str, invoice: str | None = None) -> str:
    """Make an invoice; gives its id."""
    invoice = invoice or new_id()
    status, body, _ = await send(http, web, invoice, "CreateInvoice", **HEAD)
    assert status == 200, body
    return invoice


async def get(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, Any, Any]:
    """Ask; gives status, decoded body, headers."""
    async with http.get(url, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def ready(http: aiohttp.ClientSession, *webs: str) -> None:
    """Wait until these workers say that they are ready: one that was stalled is not, until it was heard again."""

    async def all_ready() -> bool:
        try:
            return all([(await get(http, f"{web}/health/ready"))[0] == 200 for web in webs])
        except aiohttp.ClientError:
            return False

    await eventually(all_ready, 60, f"readiness of {webs}")


async def workers_when(
    http: aiohttp.ClientSession, web: str, fits: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Give what /api/workers tells once it fits for every task: who does not answer within a second is left out."""

    async def fitting() -> Any:
        _, workers, _ = await get(http, f"{web}/api/workers")
        heard = all(worker["pid"] is not None for worker in workers)
        return workers if heard and all(fits(task) for worker in workers for task in worker["tasks"]) else None

    found: list[dict[str, Any]] = await eventually(fitting, what=f"all workers heard through {web}")
    return found


async def held_by(cluster: Cluster, worker: Worker, agent: str = "invoices") -> list[int]:
    """Give the partitions of an agent that a worker has."""

    async def told() -> Any:
        workers = await cluster.workers_now(worker)
        return [task for one in workers if one["url"] == worker.url for task in one["tasks"]]

    return [task["partition"] for task in await eventually(told) if task["agent"] == agent]


async def assert_problem(
    answer: aiohttp.ClientResponse, status: int, code: str, field: str | None = None
) -> dict[str, Any]:
    """Hold that this is an RFC 9457 problem of this kind; gives its body."""
    body: dict[str, Any] = await answer.json(content_type="application/problem+json")
    assert (answer.status, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"]
    assert body.get("field") == field
    return body


class Feed:
    """A live feed: (event, id, data) as they come."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last_id = ""

    async def next(self, *kinds: str, within: float = 30) -> Any:
        """Give the data of the next event of some kind, a heartbeat where none is named."""
        async with asyncio.timeout(within):
            async for event, data in self._events():
                if event in (kinds or ("heartbeat",)):
                    return data
        raise AssertionError("the feed ended")

    async def until_beat(self, *kinds: str) -> list[dict[str, Any]]:
        """Give the data of all events of some kinds before the next but one heartbeat."""
        found, beats = [], 0
        async with asyncio.timeout(30):
            async for event, data in self._events():
                beats += event == "heartbeat"
                if event in kinds:
                    found.append(data)
                if beats == 2:
                    return found
        raise AssertionError("the feed ended")

    async def _events(self) -> AsyncIterator[tuple[str, Any]]:
        event = ""
        while line := (await self._answer.content.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "id":
                self.last_id = value
            elif name == "data":
                yield event, json.loads(value)


@asynccontextmanager
async def feed(
    http: aiohttp.ClientSession, web: str, origin: str = "", resume: str = "", path: str = "/api/events"
) -> AsyncIterator[Feed]:
    """Open the live feed; it has begun when this gives it."""
    headers = {"Last-Event-ID": resume} if resume else {}
    async with http.get(web + path, params={"origin": origin} if origin else {}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        opened = Feed(answer)
        await opened.next()
        yield opened
