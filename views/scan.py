"""Reading a range of a table over all its partitions, wherever they are: in key order, page by page.

A worker gives, of each page, the first entries of its own partitions; the worker that was asked merges them. So the
order is that of the keys over all partitions, and a cursor is no more than the last key.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import aiohttp
import msgspec
from aiohttp.web import Request, Response, UrlDispatcher
from yarl import URL

from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.app import App
from app.engine.table import Table
from app.engine.task import Task
from views.answers import token
from views.callers import Caller, caller, not_reached, reached
from views.forward import AGAIN_S, Peers
from views.problems import malformed, not_ready
from views.ranges import MOST, Entry, Part, Range, in_order, merged

log = logging.getLogger(__name__)
MOST_BYTES: Final = 4 << 20  # of one worker's part of a page
PARTIAL_S: Final = 1.0  # how long a caller who takes a part waits for the rest
_PATH: Final = "/internal/scan"


class _Asked(msgspec.Struct, frozen=True):
    range: Range
    agent: str
    partitions: list[int]


_asked: Final = msgspec.msgpack.Decoder(_Asked)


class Scans:
    """Range reads over all workers."""

    def __init__(self, app: App, peers: Peers) -> None:
        self._app = app
        self._peers = peers
        self._host = app.url.partition("://")[2]

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call by which workers ask each other."""
        router.add_post(_PATH, self.post)

    async def read(self, agent: Agent, table: Table, wanted: Range, asked: Caller, *, partial: bool = False) -> Part:
        """Give the first entries of a range over all partitions. Raises Problem 503 unless `partial`, or 504."""
        if partial:
            asked = asked._replace(deadline=min(asked.deadline, asyncio.get_running_loop().time() + PARTIAL_S))
        parts: list[Part] = []
        missing = list(range(self._app.settings.partitions))
        pauses = iter(AGAIN_S)
        while True:
            answers = await self._ask_all(agent, table, wanted, missing, asked)
            parts += answers
            missing = sorted({partition for part in answers for partition in part.missing})
            if not missing or not asked.seconds_left:
                break
            await asyncio.sleep(min(next(pauses, AGAIN_S[-1]), asked.seconds_left))
        if missing and not partial:
            if late := (not_reached(asked) if any(part.late for part in parts) else None):
                raise late
            raise not_ready(f"Partitions {missing} of {agent.name} have no owner that is ready.", missing=missing)
        return merged(parts, wanted.limit, missing)

    async def all(
        self, agent: Agent, table: Table, asked: Caller, most: int, *, start: bytes = b"", partial: bool = False
    ) -> Part:
        """Give the first `most` entries of a table, read page after page: workers give each other MOST at a time."""
        whole = Part([], None)
        while True:
            wanted = Range(table.name, min(MOST, most - len(whole.entries)), start=start)
            part = await self.read(agent, table, wanted, asked, partial=partial)
            whole = msgspec.structs.replace(
                part,
                entries=whole.entries + part.entries,
                missing=sorted({*whole.missing, *part.missing}),
                positions=whole.positions or part.positions,  # what was read first is the oldest
                served_by=sorted({*whole.served_by, *part.served_by}),
            )
            if part.upto is None or len(whole.entries) >= most:
                return whole
            start = part.upto + b"\x00"

    async def _ask_all(
        self, agent: Agent, table: Table, wanted: Range, partitions: list[int], asked: Caller
    ) -> list[Part]:
        by_owner: dict[str | None, list[int]] = {}
        for partition in partitions:
            by_owner.setdefault(self._app.owners.url(agent, partition), []).append(partition)
        calls = []
        for owner, theirs in by_owner.items():
            if owner == self._app.url:
                calls.append(self.own(agent, table, wanted, theirs, asked))
            else:
                calls.append(self._ask(owner, agent, wanted, theirs, asked))
        return list(await asyncio.gather(*calls))

    async def _ask(self, owner: str | None, agent: Agent, wanted: Range, partitions: list[int], asked: Caller) -> Part:
        nothing = Part([], None, missing=partitions)
        if owner is None:
            return nothing
        body = msgspec.msgpack.encode(_Asked(wanted, agent.name, partitions))
        headers = {"Kawka-Position": token(asked.position)} if asked.position else {}
        try:
            async with self._peers.call(
                "POST", URL(owner + _PATH), asked.seconds_left, headers=headers, body=body
            ) as answer:
                if answer.status != 200:
                    return nothing
                return msgspec.msgpack.decode(await answer.read(), type=Part)
        except (aiohttp.ClientError, TimeoutError, ConnectionError, msgspec.MsgspecError) as error:
            log.info("%s did not answer a scan: %r", owner, error)
            return msgspec.structs.replace(nothing, late=isinstance(error, TimeoutError))

    async def own(self, agent: Agent, table: Table, wanted: Range, partitions: Iterable[int], asked: Caller) -> Part:
        """Give what this worker's tasks hold of a range. What is not ours (any more) is `missing`."""
        part = Part([], None, served_by=[self._host])
        tasks: list[Task] = []
        for partition in partitions:
            task = self._app.tasks.get(agent.name, partition)
            if task is None:
                part.missing.append(partition)
                continue
            try:
                async with asyncio.timeout_at(asked.deadline):
                    await reached(task, asked)
                tasks.append(task)
            except (NotOwnerError, TimeoutError) as error:
                part.late |= isinstance(error, TimeoutError)
                part.missing.append(partition)
        loop = asyncio.get_running_loop()
        stop = loop.time() + asked.seconds_left / 2  # the other half is for those who wait for this
        size = 0
        try:
            async for key, value, partition in in_order(tasks, table, wanted):
                if wanted.fits(value):
                    part.entries.append(Entry(key, value, partition))
                    size += len(value)
                if len(part.entries) >= wanted.limit or size > MOST_BYTES or loop.time() > stop:
                    part.upto = key
                    break
        except NotOwnerError:  # what was read may not be the owner's: ask for all of it again
            return Part([], None, missing=list(partitions))
        part.positions = [token(task.position) for task in tasks]
        return part

    async def post(self, request: Request) -> Response:
        """Answer another worker."""
        try:
            wanted = _asked.decode(await request.read())
            agent = self._app.agents[wanted.agent]
            table = next(table for table in agent.all_tables if table.name == wanted.range.table)
        except (msgspec.MsgspecError, ValueError, RecursionError, KeyError, StopIteration) as error:
            raise malformed("This is for workers, which know what to ask.") from error
        if not 0 < wanted.range.limit <= MOST:
            raise malformed("This is for workers, which know how much to ask for.")
        part = await self.own(agent, table, wanted.range, wanted.partitions, caller(request))
        return Response(body=msgspec.msgpack.encode(part), content_type="application/msgpack")
