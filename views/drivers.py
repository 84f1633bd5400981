"""/api/drivers: who drives how dangerously."""

import time
from typing import Any, Final

import msgspec
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app import topics
from app.codec import rfc3339
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.task import Task
from tables.drivers import Driving, drivers, driving
from views.answers import held, raw_json, token
from views.callers import caller, not_reached, path_id, reached, whole_number
from views.forward import Owned
from views.history import history
from views.problems import Problem, malformed
from views.ranges import MOST
from views.scan import Scans

PAGE: Final = 100
MOST_DRIVERS: Final = 10_000
_driving: Final = msgspec.json.Decoder(Driving)


class Drivers:
    """The drivers of the cluster: as the database has them, with their dangerous events."""

    def __init__(self, owned: Owned, scans: Scans, agent: Agent) -> None:
        self._owned = owned
        self._scans = scans
        self._agent = agent
        self._host = owned.app.url.partition("://")[2]

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/drivers", self.ranking)
        router.add_get("/api/drivers/{id}", self.one)
        router.add_get("/api/drivers/{id}/events", self.events)

    async def ranking(self, request: Request) -> Response:
        """List drivers, those with the most dangerous events first: ?by=today (the default) or ever."""
        by = request.query.get("by", "today")
        if by not in {"today", "ever"}:
            raise malformed("by is today or ever.", "by")
        limit, asked = whole_number(request, "limit", PAGE, 1, MOST), caller(request)
        day = _today()
        of_database = await self._scans.all(self._agent, drivers, asked, MOST_DRIVERS)
        of_trucks = await self._scans.all(self._agent, driving, asked, MOST_DRIVERS)
        rows = {entry.key: msgspec.Raw(entry.value) for entry in of_database.entries}
        counted = {entry.key: entry.value for entry in of_trucks.entries}
        items = [_about(key, rows.get(key), counted.get(key), day) for key in {**rows, **counted}]
        other = "ever" if by == "today" else "today"
        items.sort(key=lambda item: (-item[by], -item[other], item["driverId"]))
        return raw_json(msgspec.json.encode({"items": items[:limit], "day": day, "drivers": len(items)}))

    async def one(self, request: Request) -> StreamResponse:
        """Give a driver: the row of the database or null, dangerous events today (UTC) and ever, the last of them."""
        asked, key = caller(request), path_id(request).encode()

        async def here(task: Task) -> Response:
            await reached(task, asked)
            row, counted = task.state.raw(drivers, key), task.state.raw(driving, key)
            position = token(task.position)
            if not task.serving:
                raise NotOwnerError
            if row is None and counted is None:
                raise Problem("not-found", "Nothing is known of a driver with this id.")
            about = _about(key, None if row is None else msgspec.Raw(row), counted, _today())
            return held(msgspec.json.encode(about), position, self._host)

        partition = self._owned.app.owners.partition(key)
        return await self._owned.answer(request, self._agent, partition, asked, here, late=not_reached(asked))

    async def events(self, request: Request) -> Response:
        """Give the last dangerous events of a driver that are not too far back in the log, oldest first."""
        return await history(self._owned.app, request, topics.dangerous_driving_driver)


def _about(key: bytes, row: msgspec.Raw | None, counted: bytes | None, day: str) -> dict[str, Any]:
    """Put together what two tables know. The count of a day that is over is none of today's."""
    known = None if counted is None else _driving.decode(counted)
    return {
        "driverId": key.decode(errors="replace"),
        "driver": row,
        "today": known.today if known is not None and known.day == day else 0,
        "ever": 0 if known is None else known.ever,
        "last": None if known is None else known.last,
    }


def _today() -> str:
    return rfc3339(int(time.time() * 1000))[:10]
