"""/v1/products: what the warehouse has of each product, what of it is reserved, and what is still offered."""

import msgspec
import orjson
from aiohttp.web import Request, Response, UrlDispatcher

from app.domain.stock import Stock
from app.engine.agent import Agent
from tables.stock import inventory
from views.answers import raw_json
from views.callers import flag, patient, whole_number
from views.ranges import MOST, Range, after, cursor
from views.scan import Scans

_stock = msgspec.json.Decoder(Stock)


class Products:
    """The products that the warehouse, or anybody's order, knows."""

    def __init__(self, scans: Scans, inventory_agent: Agent) -> None:
        self._scans = scans
        self._agent = inventory_agent

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/v1/products", self.index)

    async def index(self, request: Request) -> Response:
        """List products by name, over all partitions and workers. `stock` null: the database has no row."""
        partial, limit = flag(request, "partial"), whole_number(request, "limit", MOST, 1, MOST)
        wanted = Range(inventory.name, limit, start=after(request.query.get("cursor")))
        part = await self._scans.read(self._agent, inventory, wanted, patient(request), partial=partial)
        items = [_product(_stock.decode(entry.value)) for entry in part.entries]
        more = {"missing": part.missing} if partial else {}
        body = orjson.dumps({"items": items, "cursor": cursor(part), **more})
        return raw_json(body, Kawka_Position=",".join(part.positions), Kawka_Served_By=", ".join(part.served_by))


def _product(stock: Stock) -> dict[str, str | int | None]:
    return {
        "product": stock.product,
        "stock": stock.stock,
        "reserved": stock.reserved,
        "shipped": stock.shipped,
        "offered": stock.offered,
    }
