"""/api/deadletters: what could not be handled, read from its topic, and the keys that wait behind it."""

import asyncio
import base64
from typing import Any, Final

import msgspec
import orjson
from aiohttp.web import Request, Response, StreamResponse, UrlDispatcher

from app import topics
from app.codec import Codec, Undecodable
from app.engine.agent import Agent
from app.engine.app import App
from app.engine.task import Task
from views.answers import json
from views.bodies import json_body
from views.callers import LONGEST_S, Caller, caller, whole_number
from views.forward import Owned
from views.problems import Problem, malformed
from views.ranges import Range
from views.reader import for_a_caller
from views.scan import Scans

RELEASE_S: Final = 30.0
_ABOUT: Final = ("source-topic", "source-partition", "source-offset", "error", "agent", "attempts", "time")
_ACTIONS: Final = ("retry", "discard")


class _Action(msgspec.Struct):
    """What to do with the key: `partition` only where its records lie elsewhere than its hash says."""

    action: str
    partition: int | None = None


_actions: Codec[_Action] = Codec(_Action)
_cursors: Codec[dict[int, int]] = Codec(dict[int, int])


class DeadLetters:
    """The dead letters of all agents."""

    def __init__(self, owned: Owned, scans: Scans) -> None:
        self._owned = owned
        self._app: App = owned.app
        self._scans = scans
        self._topic = self._app.topic_name(topics.dead_letters)

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/api/deadletters", self.index)
        router.add_get(r"/api/deadletters/{partition:\d{1,9}}/{offset:\d{1,18}}", self.one)
        router.add_post("/api/deadletters/{agent}/{key:.+}", self.release)

    async def index(self, request: Request) -> Response:
        """List dead letters, the newest first: `position` names one, topic, partition and offset say whence it came."""
        asked = caller(request, LONGEST_S)
        limit = whole_number(request, "limit", 50, 1, 1000)
        before = self._before(request.query.get("cursor"))
        app = self._app
        with for_a_caller():
            async with asyncio.timeout_at(asked.deadline):
                tails = await app.sideline.run(app.lookup.newest(self._topic, before, limit, _about))
        items: list[dict[str, Any]] = []
        waiting = {partition: letters[::-1] for partition, (letters, _) in tails.items() if letters}
        while waiting and len(items) < limit:
            partition = max(waiting, key=lambda candidate: waiting[candidate][-1][1]["time"] or 0)
            before[partition], letter = waiting[partition].pop()
            items.append({"position": f"{partition}/{before[partition]}", **letter})
            if not waiting[partition]:
                del waiting[partition]
        more = bool(waiting) or any(more for _, more in tails.values())
        await self._say_which_wait(items, asked)
        return json({"items": items, "cursor": _written(before) if more else None})

    async def one(self, request: Request) -> Response:
        """Show one dead letter with its bytes and headers."""
        partition, offset = int(request.match_info["partition"]), int(request.match_info["offset"])
        if partition >= self._app.settings.partitions:
            raise _no_letter()
        app = self._app
        with for_a_caller():
            async with asyncio.timeout_at(caller(request, LONGEST_S).deadline):
                found = await app.sideline.run(app.lookup.newest(self._topic, {partition: offset + 1}, 1, _whole))
        letters = found[partition][0]
        if not letters or letters[0][0] != offset:
            raise _no_letter()
        return json({"position": f"{partition}/{offset}", **letters[0][1]})

    async def release(self, request: Request) -> StreamResponse:
        """Have a key that waits go on: {released}, false when it failed again. 404 when it does not wait."""
        asked = caller(request, RELEASE_S)
        agent = self._app.agents.get(request.match_info["agent"])
        if agent is None:
            raise Problem("not-found", "There is no agent of this name.")
        body = await json_body(request, asked.seconds_left)
        try:
            wanted = _actions.decode(body)
            key = request.match_info["key"].encode()
        except Undecodable as error:
            raise malformed(error.message, error.field) from error
        except UnicodeEncodeError as error:
            raise malformed("The key is not UTF-8.", "key") from error
        if wanted.action not in _ACTIONS:
            raise malformed("action is retry or discard.", "action")
        partition = self._app.owners.partition(key) if wanted.partition is None else wanted.partition
        if not 0 <= partition < self._app.settings.partitions:
            raise malformed("There is no such partition.", "partition")

        async def here(task: Task) -> Response:
            try:
                released = await task.release(key, discard=wanted.action == "discard")
            except LookupError:
                raise Problem("not-found", "This key does not wait.") from None
            return json({"released": released})

        late = Problem("not-decided", "The key was not released in time: look whether it still waits.")
        return await self._owned.answer(request, agent, partition, asked, here, late=late, body=body)

    def _before(self, cursor: str | None) -> dict[int, int]:
        before = dict.fromkeys(range(self._app.settings.partitions), 2**62)
        if cursor is not None:
            try:
                given = _cursors.decode(base64.b64decode(cursor, altchars=b"-_", validate=True))
            except ValueError as error:  # Undecodable is one
                raise malformed("This cursor was not given by us.", "cursor") from error
            before |= {partition: offset for partition, offset in given.items() if partition in before}
        return before

    async def _say_which_wait(self, items: list[dict[str, Any]], asked: Caller) -> None:
        """Add `parked` to each letter: whether its key waits now, None where its owner does not say."""
        waiting: dict[str, tuple[set[str], set[int]]] = {}
        for name in {item["agent"] for item in items}:
            agent = self._app.agents.get(name)
            if agent is not None:
                waiting[name] = await self._waiting(agent, asked)
        for item in items:
            keys, missing = waiting.get(item["agent"], (set(), set()))
            item["parked"] = None if item["partition"] in missing else item["key"] in keys

    async def _waiting(self, agent: Agent, asked: Caller) -> tuple[set[str], set[int]]:
        table, start = agent.parked_table, b""
        keys: set[str] = set()
        missing: set[int] = set()
        while True:
            wanted = Range(table.name, 1000, start=start)
            part = await self._scans.read(agent, table, wanted, asked._replace(position={}), partial=True)
            keys |= {entry.key.decode(errors="backslashreplace") for entry in part.entries}
            missing |= set(part.missing)
            if part.upto is None:
                return keys, missing
            start = part.upto + b"\x00"


def _about(record: Any) -> dict[str, Any]:
    headers = {name: value.decode(errors="backslashreplace") for name, value in record.headers if name in _ABOUT}
    return {
        "topic": headers.get("source-topic"),
        "partition": _number(headers.get("source-partition")),
        "offset": _number(headers.get("source-offset")),
        "key": None if record.key is None else record.key.decode(errors="backslashreplace"),
        "agent": headers.get("agent"),
        "error": headers.get("error"),
        "time": _number(headers.get("time")),
        "attempts": _number(headers.get("attempts")),
        "size": len(record.value or b""),
    }


def _whole(record: Any) -> dict[str, Any]:
    headers = [{"name": name, **_shown(value)} for name, value in record.headers]
    value = {"value": None} if record.value is None else _shown(record.value)
    return {**_about(record), **value, "headers": headers}


def _shown(value: bytes) -> dict[str, str]:
    """Give bytes as text where they are, else in base64."""
    try:
        return {"value": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _written(before: dict[int, int]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(before, option=orjson.OPT_NON_STR_KEYS)).decode()


def _no_letter() -> Problem:
    return Problem("not-found", "There is no dead letter at this place.")
