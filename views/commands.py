"""Commands to an aggregate over HTTP, and its current state: the same two calls for every kind of aggregate."""

from typing import Any, Final
from uuid import uuid4

import msgspec
from aiohttp.web import Request, Response, StreamResponse

from app.codec import CommandCodec, Undecodable
from app.domain.decider import BaseCommand
from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.table import Table
from app.engine.task import Task
from views.answers import held, token
from views.bodies import json_body
from views.callers import caller, not_reached, path_id, reached
from views.decisions import Decisions
from views.forward import Owned
from views.problems import Problem, malformed

ORIGIN: Final = "http"
"""originId of a command that came without one."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


class CommandResource:
    """POST /{id}/commands and GET /{id} of one kind of aggregate."""

    def __init__(self, owned: Owned, agent: Agent, codec: CommandCodec[Any], states: Table, noun: str) -> None:
        self._owned = owned
        self._app = owned.app
        self._agent = agent
        self._codec = codec
        self._states = states
        self._noun = noun
        self._decisions = Decisions(owned, agent, noun)

    async def post(self, request: Request) -> StreamResponse:
        """Have a command decided: 200 with its result, or the problem that the rule, or the lack of time, was."""
        asked = caller(request)
        key = path_id(request).encode()
        body, command = self._read(await json_body(request, asked.seconds_left))
        at_once = "respond-async" in request.headers.get("Prefer", "")
        return await self._decisions.of(request, asked, key, command, record=body, sent=body, at_once=at_once)

    async def get(self, request: Request) -> StreamResponse:
        """Give the current state."""
        asked = caller(request)
        key = path_id(request).encode()
        host = self._decisions.host

        async def here(task: Task) -> Response:
            if asked.position:
                await reached(task, asked)
            raw, position = task.state.raw(self._states, key), token(task.position)
            if not task.serving:
                raise NotOwnerError
            if raw is None:
                headers = {"Kawka-Position": position, "Kawka-Served-By": host}
                raise Problem("not-found", f"There is no {self._noun} with this id.", headers=headers)
            return held(raw, position, host)

        return await self._owned.answer(
            request, self._agent, self._app.owners.partition(key), asked, here, late=not_reached(asked)
        )

    def _read(self, body: bytes) -> tuple[bytes, BaseCommand]:
        """Decode a command, given the ids that it came without."""
        try:
            try:
                return body, self._codec.decode(body)
            except Undecodable as error:
                if error.field not in {"commandId", "originId"}:
                    raise
                body = _with_ids(body, error)
                return body, self._codec.decode(body)
        except Undecodable as error:
            raise malformed(error.message, error.field) from error


def _with_ids(body: bytes, error: Undecodable) -> bytes:
    """Add commandId and originId where they are missing; where one is there, but wrong, raise the first error."""
    try:
        fields = _fields.decode(body)
    except (ValueError, RecursionError):
        raise error from None
    if error.field in fields:
        raise error
    given = {"commandId": str(uuid4()), "originId": ORIGIN}
    return msgspec.json.encode({**given, **fields})
