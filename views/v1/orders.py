"""/v1/orders: placing, seeing, cancelling and shipping an order; who asks for one may wait until it is so far."""

from collections.abc import Callable
from typing import Final
from uuid import uuid4

import msgspec
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher
from msgspec.structs import replace

from app.codec import Undecodable, encode, fingerprint
from app.domain.decider import valid_id
from app.domain.orders import CancelOrder, Command, Order, PlaceOrder, ShipOrder
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.task import Task
from app.fields import Fields
from tables.orders import orders_state
from views.answers import held, raw_json, token
from views.bodies import json_body
from views.callers import path_id, patient, reached
from views.commands import ORIGIN
from views.decisions import COMMAND_ID, Decisions
from views.forward import Owned
from views.polls import Polls
from views.problems import Problem, malformed
from views.v1.shapes import known, shown

_result: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_order: Final = msgspec.json.Decoder(Order)
_UNDECIDED: Final = "CREATED"


class Orders:
    """The orders of the cluster, for programs."""

    def __init__(self, owned: Owned, agent: Agent, polls: Polls) -> None:
        self._owned = owned
        self._agent = agent
        self._polls = polls
        self._placing = Decisions(owned, agent, "order", _created)
        self._changing = Decisions(owned, agent, "order", _changed)

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_post("/v1/orders", self.place)
        router.add_get("/v1/orders/{id}", self.get)
        router.add_get("/v1/orders/{id}/validated", self.validated)
        router.add_delete("/v1/orders/{id}", self.cancel)
        router.add_post("/v1/orders/{id}/ship", self.ship)

    async def place(self, request: Request) -> StreamResponse:
        """Place an order: 201 once that is committed, and again for the same; 409 for another with this id."""
        asked = patient(request)
        body = await json_body(request, asked.seconds_left)
        try:
            order_id, command = _place(Fields(body))
        except Undecodable as error:
            raise malformed(error.message, error.field) from error
        return await self._placing.of(request, asked, order_id.encode(), command, record=encode(command), sent=body)

    async def cancel(self, request: Request) -> StreamResponse:
        """Cancel an order: 200 with what it is now, 404, or 409 once it failed or was shipped."""
        return await self._change(request, CancelOrder(_command_id(request), ORIGIN))

    async def ship(self, request: Request) -> StreamResponse:
        """Ship an order: 200 with what it is now, 404, or 409 unless it is validated."""
        return await self._change(request, ShipOrder(_command_id(request), ORIGIN))

    async def get(self, request: Request) -> StreamResponse:
        """Give an order, once it is there."""
        late = Problem("not-there", "No order with this id was seen in time.")
        return await self._once(request, lambda _: True, late)

    async def validated(self, request: Request) -> StreamResponse:
        """Give an order, once its checks have come to a verdict. A cancelled one gets none: 409."""
        return await self._once(request, _judged, Problem("not-there", "No verdict on the order was seen in time."))

    async def _change(self, request: Request, command: Command) -> StreamResponse:
        key = path_id(request).encode()
        return await self._changing.of(request, patient(request), key, command, record=encode(command))

    async def _once(self, request: Request, fits: Callable[[Order], bool], late: Problem) -> StreamResponse:
        asked = patient(request)
        key = path_id(request).encode()

        async def here(task: Task) -> Response:
            await reached(task, asked)
            while True:
                stored, position = task.state.raw(orders_state, key), token(task.position)
                if not task.serving:
                    raise NotOwnerError
                if stored is not None:
                    order, body = known(stored)
                    if order is not None and fits(order):
                        return held(body, position, self._changing.host)
                if not asked.waits:
                    raise late
                await task.watchers.changed(orders_state, key)

        partition = self._owned.app.owners.partition(key)
        with self._polls.seat(request, asked):
            return await self._owned.answer(request, self._agent, partition, asked, here, late=late, nobody=late)


def _judged(order: Order) -> bool:
    if order.state == "CANCELLED":
        raise Problem("no-verdict", "The order was cancelled: it gets no verdict any more.")
    return order.state != _UNDECIDED


def _place(fields: Fields) -> tuple[str, PlaceOrder]:
    """Read an order. Raises Undecodable; what else is wrong with it is for its rules to say."""
    if fields.optional("state") not in {None, _UNDECIDED}:
        raise Undecodable("A new order's state is CREATED, or left out.", "state")
    order_id = fields.id("id")
    command = PlaceOrder(
        "",
        ORIGIN,
        customer_id=fields.id("customerId"),
        product=fields.optional("product"),
        quantity=fields.whole("quantity"),
        price=fields.decimal("price"),
    )
    # The same order sent again is the same command, whoever sends it; one that was put right is another.
    return order_id, replace(command, command_id=f"place-{fingerprint(command).hex()}")


def _command_id(request: Request) -> str:
    """Give the id that the caller gave to its wish, so that it may be sent again; else a new one."""
    given = request.headers.get(COMMAND_ID)
    if given is None:
        return str(uuid4())
    if not valid_id(given):
        raise malformed("A command id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -", COMMAND_ID)
    return given


def _created(result: bytes, position: str, served_by: str) -> Response:
    order = _order.decode(_result.decode(result)["snapshot"])
    headers = {"Kawka_Position": position, "Kawka_Served_By": served_by}
    return raw_json(shown(order), 201, Location=f"/v1/orders/{order.id}", **headers)


def _changed(result: bytes, position: str, served_by: str) -> Response:
    return held(shown(_order.decode(_result.decode(result)["snapshot"])), position, served_by)
