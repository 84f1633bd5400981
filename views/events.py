"""Server-sent events: a feed that says what changes as it is committed, and goes on where it broke off."""

import asyncio
import re
from typing import Final

from aiohttp.web import Request, StreamResponse, UrlDispatcher
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from app import topics
from app.domain.decider import valid_id
from app.engine.app import App
from views.answers import token
from views.callers import parse_position
from views.feeds import Feed, Watcher, tell
from views.hub import Hub
from views.problems import malformed, not_ready

BEAT_S: Final = 1.0  # a page that hears nothing for twice as long says that the feed is lost
WRITE_S: Final = 15.0
_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that waits for more would keep what is new
}
_ORIGIN: Final = re.compile(rb'^\{"commandId":"[^"]*","originId":"([^"]*)"')


def _origin(result: bytes) -> str | None:
    begins = _ORIGIN.match(result)
    return None if begins is None else begins[1].decode(errors="replace")


INVOICE_FEEDS: Final = (
    Feed(topics.command_results, "command-result", _origin),
    Feed(topics.invoice_snapshots, "invoice-changed"),
)


class Events:
    """One feed at one path. An event's id is the position behind it: who sends it back misses and repeats nothing."""

    def __init__(self, app: App, path: str, feeds: tuple[Feed, ...]) -> None:
        self._path = path
        self.hub = Hub(app, path, feeds)

    def routes(self, router: UrlDispatcher) -> None:
        """Add the path."""
        router.add_get(self._path, self.get, allow_head=False)

    async def get(self, request: Request) -> StreamResponse:
        """Send events until the caller leaves, or is too slow."""
        query = request.query
        origin = query.get("origin")
        if origin is not None and not valid_id(origin):
            raise malformed("An origin is an id: 1 to 64 characters of A-Z a-z 0-9 _ . : and -", "origin")
        resume = request.headers.get("Last-Event-ID") or query.get("lastEventId")
        asked = parse_position(resume, "Last-Event-ID") if resume else {}
        watcher = Watcher(origin, lambda: _cut(request))
        response = StreamResponse(headers=_HEADERS)
        try:
            await self.hub.enter(watcher)
            since = dict(self.hub.position) | {tp: offset for tp, offset in asked.items() if tp in self.hub.position}
            await response.prepare(request)
            await self._send(response, watcher, since)
        except (KafkaError, ConnectionError, TimeoutError) as error:
            if not response.prepared:
                raise not_ready(f"The feed cannot be read: {type(error).__name__}.") from error
        finally:
            self.hub.leave(watcher)
        return response

    async def _send(self, response: StreamResponse, watcher: Watcher, since: dict[TP, int]) -> None:
        await response.write(b"retry: 1000\n" + _beat(since))
        await self.hub.caught_up(since)
        while not self.hub.watch(watcher, since):
            await self.replay(response, watcher, since)
        while True:
            text = await watcher.take(BEAT_S)
            async with asyncio.timeout(WRITE_S):
                await response.write(text or _beat(self.hub.position))

    async def replay(self, response: StreamResponse, watcher: Watcher, since: dict[TP, int]) -> None:
        """Send from Kafka what lies between `since` and the hub's position, and bring `since` there.

        No further, though more may have come: that the hub reads, and tells, itself.
        """
        target = {tp: offset for tp, offset in self.hub.position.items() if offset > since[tp]}
        consumer = await self.hub.consumer()
        try:
            consumer.assign([TopicPartition(*tp) for tp in target])
            for tp in target:
                consumer.seek(TopicPartition(*tp), since[tp])
            while left := [tp for tp, offset in target.items() if since[tp] < offset]:
                raw = [TopicPartition(*tp) for tp in left]
                fetched = await consumer.getmany(*raw, timeout_ms=200, max_records=500)
                changes = [
                    self.hub.change(record)
                    for tp, records in fetched.items()
                    for record in records
                    if record.offset < target[TP(*tp)]
                ]
                text = tell([each for each in changes if each is not None and watcher.hears(each)], since)
                for tp in left:
                    since[tp] = min(await consumer.position(TopicPartition(*tp)), target[tp])
                async with asyncio.timeout(WRITE_S):
                    await response.write(text or _beat(since))
        finally:
            await consumer.stop()


def _beat(position: dict[TP, int]) -> bytes:
    return b"event: heartbeat\nid: %b\ndata: {}\n\n" % token(position).encode()


def _cut(request: Request) -> None:
    """End a connection at once, with whatever was not sent: its owner comes back with the last id it saw."""
    if request.transport is not None:
        request.transport.abort()
