"""/api/orders: what the page of the orders lives from: the latest, one with its checks and its history, the feed."""

import asyncio
from typing import Any, Final

import msgspec
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app import codec_orders, topics
from app.codec import Undecodable
from app.domain.orders import OrderState
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.task import Task
from tables.orders import orders_state
from views.answers import held, raw_json, token
from views.callers import caller, not_reached, path_id, reached, whole_number
from views.feeds import Feed
from views.forward import Owned
from views.history import recent, whole
from views.problems import Problem

PAGE: Final = 100
MOST: Final = 500
RECORDS_AN_ORDER: Final = 6
"""Of a topic, with the markers between them, as a rule: how far back the latest orders are looked for."""

_state: Final = msgspec.json.Decoder(OrderState)


def _is_check(value: bytes) -> bool:
    """Whether a value of order-validations is one; others become dead letters, and are not for the page."""
    try:
        codec_orders.validations.decode(value)
    except Undecodable:
        return False
    return True


def _each(record: Any) -> bytes:
    key: bytes = record.key or b""
    value: bytes = record.value
    return key + value  # what belongs to one order has one key: only what is repeated is left out


ORDER_FEEDS: Final = (
    Feed(topics.orders, "orders", latest=True),
    Feed(topics.order_validations, "checks", latest=True, fits=_is_check, same=_each),
    Feed(topics.payments_by_order, "payments", latest=True, same=_each),
    Feed(topics.order_emails, "emails", latest=True),
)


class Orders:
    """The orders of the cluster, for people."""

    def __init__(self, owned: Owned, agent: Agent) -> None:
        self._owned = owned
        self._app = owned.app
        self._agent = agent
        self._host = owned.app.url.partition("://")[2]

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/orders", self.index)
        router.add_get("/api/orders/{id}", self.one)

    async def index(self, request: Request) -> Response:
        """List the orders that changed last, the latest first, with the checks that came: from the end of the log."""
        limit = whole_number(request, "limit", PAGE, 1, MOST)
        depth = limit * RECORDS_AN_ORDER
        partitions = range(self._app.settings.partitions)
        records, checks = await asyncio.gather(
            recent(self._app, request, topics.orders, partitions, depth, depth=depth),
            recent(self._app, request, topics.order_validations, partitions, 2 * depth, depth=2 * depth),
        )
        orders = {record.key: record for record in whole(records)}
        found: dict[bytes, dict[str, msgspec.Raw]] = {}
        for record in checks:
            if record.key in orders and _is_check(record.value):
                check = codec_orders.validations.decode(record.value)
                found.setdefault(record.key, {}).setdefault(check.check_type, msgspec.Raw(record.value))
        latest = sorted(orders.values(), key=lambda record: (record.timestamp, record.offset), reverse=True)[:limit]
        items = [
            {"order": msgspec.Raw(record.value), "checks": list(found.get(record.key, {}).values())}
            for record in latest
        ]
        required = list(self._app.settings.order_checks)
        return raw_json(msgspec.json.encode({"items": items, "required": required}))

    async def one(self, request: Request) -> StreamResponse:
        """Give an order: its record, the checks that came, and how often it changed."""
        asked, key = caller(request), path_id(request).encode()

        async def here(task: Task) -> Response:
            await reached(task, asked)
            value, position = task.state.raw(orders_state, key), token(task.position)
            if not task.serving:
                raise NotOwnerError
            if value is None or _state.decode(value).order is None:
                raise Problem("not-found", "There is no order with this id.")
            return held(value, position, self._host)

        partition = self._app.owners.partition(key)
        return await self._owned.answer(request, self._agent, partition, asked, here, late=not_reached(asked))
