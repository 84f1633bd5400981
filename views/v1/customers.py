"""/v1/customers: the orders of a customer."""

import orjson
from aiohttp.web import Request, Response, UrlDispatcher

from app.engine.agent import Agent
from tables.orders import orders_state
from views.answers import array, raw_json
from views.callers import flag, path_id, patient, whole_number
from views.ranges import MOST, Range, after, cursor
from views.scan import Scans
from views.v1.shapes import known

PAGE = 100


class CustomerOrders:
    """Looks through the orders for those of a customer: no index of them is kept, for every order would pay for it."""

    def __init__(self, scans: Scans, orders_agent: Agent) -> None:
        self._scans = scans
        self._agent = orders_agent

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/v1/customers/{id}/orders", self.index)

    async def index(self, request: Request) -> Response:
        """List a customer's orders by id, as they are now; none of an unknown customer, for whom nobody ordered."""
        partial, limit = flag(request, "partial"), whole_number(request, "limit", PAGE, 1, MOST)
        wanted = Range(
            orders_state.name,
            limit,
            start=after(request.query.get("cursor")),
            holding=b'"customerId":"%b"' % path_id(request).encode(),
        )
        part = await self._scans.read(self._agent, orders_state, wanted, patient(request), partial=partial)
        body = b'{"items":%b,"cursor":%b%b}' % (
            array(known(entry.value)[1] for entry in part.entries),
            orjson.dumps(cursor(part)),
            b',"missing":' + orjson.dumps(part.missing) if partial else b"",
        )
        return raw_json(body, Kawka_Position=",".join(part.positions), Kawka_Served_By=", ".join(part.served_by))
