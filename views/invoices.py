"""/api/invoices: commands, snapshots, histories and the list."""

from typing import Final, get_args

import orjson
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app.codec import invoice_commands
from app.domain.invoices import Status
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.commands import history_key
from app.engine.task import Task
from tables.invoices import invoice_history, invoices
from views.answers import array, held, raw_json
from views.answers import token as written
from views.callers import caller, flag, not_reached, path_id, reached, whole_number
from views.commands import CommandResource
from views.forward import Owned
from views.problems import Problem, malformed
from views.ranges import MOST, Range, after, cursor
from views.scan import Scans

PAGE: Final = 100
STATUSES: Final = get_args(Status)


class Invoices:
    """The invoices of the cluster."""

    def __init__(self, owned: Owned, scans: Scans, agent: Agent) -> None:
        self._owned = owned
        self._agent = agent
        self._scans = scans
        self._host = owned.app.url.partition("://")[2]
        self._one = CommandResource(owned, agent, invoice_commands, invoices, "invoice")

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/invoices", self.index)
        router.add_get("/api/invoices/{id}", self._one.get)
        router.add_get("/api/invoices/{id}/events", self.events)
        router.add_post("/api/invoices/{id}/commands", self._one.post)

    async def index(self, request: Request) -> Response:
        """List snapshots by id, over all partitions and workers."""
        query = request.query
        status = query.get("status")
        if status is not None and status not in STATUSES:
            raise malformed(f"status is one of {', '.join(STATUSES)}.", "status")
        partial = flag(request, "partial")
        wanted = Range(
            invoices.name,
            whole_number(request, "limit", PAGE, 1, MOST),
            start=after(query.get("cursor")),
            where={} if status is None else {"status": status},
        )
        part = await self._scans.read(self._agent, invoices, wanted, caller(request), partial=partial)
        body = b'{"items":%b,"cursor":%b%b}' % (
            array(entry.value for entry in part.entries),
            orjson.dumps(cursor(part)),
            b',"missing":' + orjson.dumps(part.missing) if partial else b"",
        )
        return raw_json(body, Kawka_Position=",".join(part.positions), Kawka_Served_By=", ".join(part.served_by))

    async def events(self, request: Request) -> StreamResponse:
        """Give an invoice's history in order, from a version on. The cursor is the version to go on from."""
        asked = caller(request)
        key = path_id(request).encode()
        limit = whole_number(request, "limit", PAGE, 1, MOST)
        first = whole_number(request, "cursor" if "cursor" in request.query else "from", 1, 0, 10**18)

        async def here(task: Task) -> Response:
            await reached(task, asked)
            items: list[bytes] = []
            following: str | None = None
            for stored, value in task.state.scan(invoice_history, key + b"/", history_key(key, first)):
                if len(items) == limit:
                    following = str(int.from_bytes(stored[-8:], "big"))
                    break
                items.append(value)
            unknown = not items and task.state.raw(invoices, key) is None
            position = written(task.position)
            if not task.serving:
                raise NotOwnerError
            if unknown:
                raise Problem("not-found", "There is no invoice with this id.")
            body = b'{"items":%b,"cursor":%b}' % (array(items), orjson.dumps(following))
            return held(body, position, self._host)

        partition = self._owned.app.owners.partition(key)
        return await self._owned.answer(request, self._agent, partition, asked, here, late=not_reached(asked))
