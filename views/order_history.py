"""/api/orders/{id}/events: what happened to an order, from all the topics that have its id for a key."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import orjson
from aiohttp.web import Request, Response, UrlDispatcher
from aiokafka import AIOKafkaConsumer, TopicPartition

from app import codec_orders, topics
from app.codec import Codec, Undecodable
from app.engine.app import App
from app.engine.ends import stable_ends
from views.answers import array, raw_json
from views.callers import caller, path_id, whole_number
from views.reader import DEEPEST, consumer, for_a_caller

BEFORE_MS: Final = 10 * 60 * 1000
"""An order has its verdict this long after it was placed at the latest, or has waited in a queue."""
LATEST_MS: Final = 253_402_300_799_999  # year 9999

_KINDS: Final[dict[str, tuple[str, Codec[Any]]]] = {
    topics.order_commands.name: ("command", codec_orders.order_commands),
    topics.orders.name: ("order", codec_orders.orders),
    topics.order_validations.name: ("check", codec_orders.validations),
    topics.payments_by_order.name: ("payment", codec_orders.payments),
    topics.order_emails.name: ("email", codec_orders.emails),
}


class OrderHistory:
    """The histories of orders, read from Kafka by whichever worker is asked."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._kinds = {app.settings.topic_prefix + name: kind for name, (kind, _) in _KINDS.items()}
        self._codecs = {app.settings.topic_prefix + name: codec for name, (_, codec) in _KINDS.items()}

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/api/orders/{id}/events", self.events)

    async def events(self, request: Request) -> Response:
        """Answer {items: [{kind, at, position, event}], complete}, oldest first; ?at= is when it changed last (ms).

        It looks at the end of each topic and, with `at`, around that time, so far and no further: `complete` says
        whether it got to where the order was placed. Raises Problem 400, 503 or 504.
        """
        asked, key = caller(request), path_id(request).encode()
        at_ms = whole_number(request, "at", 0, 0, LATEST_MS)
        with for_a_caller():
            async with asyncio.timeout_at(asked.deadline):
                reading = await consumer(self._app, "history")
                try:
                    found = await self._read(reading, key, at_ms)
                finally:
                    await reading.stop()
        records = sorted(filter(self._sound, found), key=self._when)
        items = array(self._item(record) for record in records)
        complete = any(self._rank(record) == 1 for record in records)
        return raw_json(b'{"items":%b,"complete":%b}' % (items, orjson.dumps(complete)))

    async def _read(self, reading: AIOKafkaConsumer, key: bytes, at_ms: int) -> list[Any]:
        partition = self._app.owners.partition(key)
        tps = [TopicPartition(topic, partition) for topic in self._kinds]
        begins, ends = await reading.beginning_offsets(tps), await stable_ends(reading, tps)
        around = await reading.offsets_for_times(dict.fromkeys(tps, max(0, at_ms - BEFORE_MS))) if at_ms else {}
        reading.assign(tps)  # later than that: Kafka answers nothing else while a fetch waits for more
        found: list[Any] = []
        for tp in tps:
            tail = max(begins[tp], ends[tp] - DEEPEST)
            first = around.get(tp)
            if first is not None and first.offset < tail:
                found += await _between(reading, tp, first.offset, min(first.offset + DEEPEST, tail), key)
            found += await _between(reading, tp, tail, ends[tp], key)
        return found

    def _item(self, record: Any) -> bytes:
        place = orjson.dumps(f"{record.topic}-{record.partition}:{record.offset}")
        kind = self._kinds[record.topic].encode()
        return b'{"kind":"%b","at":%d,"position":%b,"event":%b}' % (kind, record.timestamp, place, record.value)

    def _sound(self, record: Any) -> bool:
        """Whether a record is what its topic promises: else it is a dead letter, not history."""
        try:
            self._codecs[record.topic].decode(record.value)
        except Undecodable:
            return False
        return True

    def _when(self, record: Any) -> tuple[int, int, str, int]:
        return record.timestamp, self._rank(record), record.topic, record.offset

    def _rank(self, record: Any) -> int:
        """Tell apart what has one event time, that of the command that began it: a cause comes before its effect."""
        kind = self._kinds[record.topic]
        if kind == "order":
            return 1 if b'"state":"CREATED"' in record.value else 3
        return {"command": 0, "check": 2}.get(kind, 4)


async def _between(reading: AIOKafkaConsumer, tp: TopicPartition, start: int, stop: int, key: bytes) -> list[Any]:
    """Give the committed records of a key with start <= offset < stop."""
    reading.seek(tp, start)
    found: list[Any] = []
    while await reading.position(tp) < stop:
        records: Iterator[Any] = iter((await reading.getmany(tp, timeout_ms=200)).get(tp, ()))
        found += [record for record in records if record.key == key and record.value and record.offset < stop]
    return found
