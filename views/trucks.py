"""/api/trucks: where every truck was last, how it was driven, and the feed of a live map."""

from typing import Final

import orjson
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app import topics
from app.codec import Codec, Undecodable
from app.domain.trucks import TruckPosition
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.task import Task
from tables.trucks import trucks
from views.answers import array, held, raw_json, token
from views.callers import caller, flag, not_reached, path_id, reached, whole_number
from views.feeds import Feed
from views.forward import Owned
from views.history import history
from views.problems import Problem
from views.ranges import after, cursor
from views.scan import Scans

PAGE: Final = 1000
MOST_TRUCKS: Final = 10_000
_positions: Final[Codec[TruckPosition]] = Codec(TruckPosition)


def _is_position(value: bytes) -> bool:
    """Whether a value of truck_position is one; others become dead letters, and are not for the map."""
    try:
        _positions.decode(value)
    except Undecodable:
        return False
    return True


TRUCK_FEEDS: Final = (
    Feed(topics.truck_position, "trucks", latest=True, fits=_is_position),
    Feed(topics.dangerous_driving_driver, "dangerous"),
    Feed(topics.dangerous_driving_windowed, "window"),
)


class Trucks:
    """The trucks of the cluster."""

    def __init__(self, owned: Owned, scans: Scans, agent: Agent) -> None:
        self._owned = owned
        self._scans = scans
        self._agent = agent
        self._host = owned.app.url.partition("://")[2]

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/trucks", self.index)
        router.add_get("/api/trucks/{id}", self.one)
        router.add_get("/api/trucks/{id}/events", self.events)

    async def index(self, request: Request) -> Response:
        """List trucks by id, over all partitions and workers: {last, events, dangerous, byType} each."""
        asked, partial = caller(request), flag(request, "partial")
        limit = whole_number(request, "limit", PAGE, 1, MOST_TRUCKS)
        start = after(request.query.get("cursor"))
        part = await self._scans.all(self._agent, trucks, asked, limit, start=start, partial=partial)
        body = b'{"items":%b,"cursor":%b%b}' % (
            array(entry.value for entry in part.entries),
            orjson.dumps(cursor(part)),
            b',"missing":' + orjson.dumps(part.missing) if partial else b"",
        )
        return raw_json(body, Kawka_Position=",".join(part.positions), Kawka_Served_By=", ".join(part.served_by))

    async def one(self, request: Request) -> StreamResponse:
        """Give a truck: its last position, and counts of its events."""
        asked, key = caller(request), path_id(request).encode()

        async def here(task: Task) -> Response:
            await reached(task, asked)
            value, position = task.state.raw(trucks, key), token(task.position)
            if not task.serving:
                raise NotOwnerError
            if value is None:
                raise Problem("not-found", "No truck with this id has said where it is.")
            return held(value, position, self._host)

        partition = self._owned.app.owners.partition(key)
        return await self._owned.answer(request, self._agent, partition, asked, here, late=not_reached(asked))

    async def events(self, request: Request) -> Response:
        """Give the last positions of a truck that are not too far back in the log, oldest first."""
        return await history(self._owned.app, request, topics.truck_position)
