"""/api/tables: what every table holds, by key and by range."""

import msgspec
import orjson
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.table import Table
from app.engine.task import Task
from views.answers import array, held, json, raw_json, token
from views.callers import caller, not_reached, reached, whole_number
from views.forward import Owned
from views.problems import Problem, malformed
from views.ranges import MOST, Range, after, cursor
from views.scan import Scans


class Tables:
    """The tables of all agents."""

    def __init__(self, owned: Owned, scans: Scans) -> None:
        self._owned = owned
        self._app = owned.app
        self._scans = scans
        self._host = owned.app.url.partition("://")[2]

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/tables", self.index)
        router.add_get("/api/tables/{table}", self.range)
        router.add_get("/api/tables/{table}/{key:.+}", self.one)

    async def index(self, _: Request) -> Response:
        """List the tables."""
        tables = [
            {
                "table": table.name,
                "help": table.about,
                "key": table.keys.help,
                "agent": agent.name,
                "topic": self._app.topic_name(table.topic),
                "changelog": table.changelog,
                "partitions": self._app.settings.partitions,
            }
            for agent in self._app.own_agents()
            for table in agent.all_tables
        ]
        return json(tables)

    async def one(self, request: Request) -> StreamResponse:
        """Give the value of a key."""
        asked = caller(request)
        agent, table = self._table(request)
        text = request.match_info["key"]
        try:
            record_key, key = table.keys.parse(text)
        except ValueError as error:
            raise malformed(f"The key cannot be read: {error}.", "key") from error

        async def here(task: Task) -> Response:
            await reached(task, asked)
            value, position = task.state.raw(table, key), token(task.position)
            if not task.serving:
                raise NotOwnerError
            if value is None:
                raise Problem("not-found", f"Table {table.name} has no such key.")
            entry = {"key": text, "value": msgspec.Raw(value), "partition": task.partition, "position": position}
            return held(msgspec.json.encode(entry), position, self._host)

        partition = self._app.owners.partition(record_key)
        return await self._owned.answer(request, agent, partition, asked, here, late=not_reached(asked))

    async def range(self, request: Request) -> Response:
        """Give the entries of a range, by key, over all partitions and workers."""
        agent, table = self._table(request)
        query = request.query
        try:
            start, stop = table.keys.bound(query.get("from", "")), query.get("to")
            wanted = Range(
                table.name,
                whole_number(request, "limit", 100, 1, MOST),
                prefix=query.get("prefix", "").encode(),
                start=max(start, after(query.get("cursor"))),
                stop=None if stop is None else table.keys.bound(stop),
            )
        except UnicodeEncodeError as error:
            raise malformed("The keys are not UTF-8.") from error
        part = await self._scans.read(agent, table, wanted, caller(request))
        items = array(
            b'{"key":%b,"value":%b,"partition":%d}' % (orjson.dumps(table.keys.show(key)), value, partition)
            for key, value, partition in ((entry.key, entry.value, entry.partition) for entry in part.entries)
        )
        body = b'{"items":%b,"cursor":%b}' % (items, orjson.dumps(cursor(part)))
        return raw_json(body, Kawka_Position=",".join(part.positions), Kawka_Served_By=", ".join(part.served_by))

    def _table(self, request: Request) -> tuple[Agent, Table]:
        name = request.match_info["table"]
        for agent in self._app.own_agents():
            for table in agent.all_tables:
                if table.name == name:
                    return agent, table
        raise Problem("not-found", "There is no table of this name.")
