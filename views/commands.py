"""Commands to an aggregate over HTTP, and its current state: the same two calls for every kind of aggregate."""

import re
from typing import Any, Final
from uuid import uuid4

import msgspec
from aiohttp.web import Request, Response, StreamResponse
from aiokafka.errors import MessageSizeTooLargeError

from app.codec import CommandCodec, Undecodable, fingerprint
from app.domain.decider import BaseCommand
from app.engine.agent import Agent
from app.engine.answers import Answer, NotOwnerError, ReusedError
from app.engine.table import Table
from app.engine.task import Task
from views.answers import held, json, token
from views.bodies import json_body
from views.callers import Caller, caller, path_id
from views.forward import Owned
from views.problems import Problem, malformed

ORIGIN: Final = "http"
"""originId of a command that came without one."""

_OUTCOME: Final = re.compile(rb'"ok":(true|false),"version":(\d+),"position":"([^"]*)"')
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
        self._host = owned.app.url.partition("://")[2]

    async def post(self, request: Request) -> StreamResponse:
        """Have a command decided: 200 with its result, or the problem that the rule, or the lack of time, was."""
        asked = caller(request)
        aggregate_id = path_id(request)
        body, command = self._read(await json_body(request, asked.seconds_left))
        key, command_id = aggregate_id.encode(), command.command_id
        print_ = fingerprint(command)
        source = self._agent.sources[0]
        at_once = "respond-async" in request.headers.get("Prefer", "")

        async def here(task: Task) -> Response:
            await reached(task, asked)
            act = task.accept if at_once else task.submit
            try:
                answer = await act(source, key, command_id, print_, body)
            except ReusedError:
                raise Problem(
                    "command-id-reused",
                    "This command id was used before with other fields: give a new command a new id.",
                    commandId=command_id,
                ) from None
            except MessageSizeTooLargeError:
                raise Problem("too-large", "The command does not fit a record.", commandId=command_id) from None
            return self._of(answer, command_id)

        late = Problem(
            "not-decided",
            "The command was not decided in time. It is safe to send it again with the same commandId.",
            commandId=command_id,
        )
        partition = self._app.owners.partition(key)
        return await self._owned.answer(request, self._agent, partition, asked, here, late=late, nobody=late, body=body)

    async def get(self, request: Request) -> StreamResponse:
        """Give the current state."""
        asked = caller(request)
        key = path_id(request).encode()

        async def here(task: Task) -> Response:
            if asked.position:
                await reached(task, asked)
            raw, position = task.state.raw(self._states, key), token(task.position)
            if not task.serving:
                raise NotOwnerError
            if raw is None:
                headers = {"Kawka-Position": position, "Kawka-Served-By": self._host}
                raise Problem("not-found", f"There is no {self._noun} with this id.", headers=headers)
            return held(raw, position, self._host)

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

    def _of(self, answer: Answer, command_id: str) -> Response:
        match answer.kind:
            case "accepted":
                return json({"commandId": command_id, "status": "accepted"}, 202, Kawka_Served_By=self._host)
            case "parked":
                detail = f"Its {self._noun} waits behind a dead letter: {answer.detail}"
                raise Problem("parked", detail, commandId=command_id)
            case "undecodable":
                raise malformed(answer.detail)
        outcome = _OUTCOME.search(answer.result)
        assert outcome is not None, "our own results say how they came out"
        if outcome[1] == b"true":
            return held(answer.result, outcome[3].decode(), self._host)
        raise self._refused(answer.result, command_id)

    def _refused(self, result: bytes, command_id: str) -> Problem:
        decoded = msgspec.json.decode(result)
        error, version = decoded["error"], decoded["version"]
        return Problem(
            error["code"],
            error["message"],
            headers={"Kawka-Position": decoded["position"], "Kawka-Served-By": self._host},
            field=error.get("field"),
            actualVersion=version if error["code"] == "version-conflict" else None,
            commandId=command_id,
            version=version,
        )


async def reached(task: Task, asked: Caller) -> None:
    """Wait until the task is as new as the caller asks. Raises NotOwnerError when it is not the owner (any more)."""
    for tp, offset in asked.position.items():
        await task.reached(tp, offset)
    if not task.serving:
        raise NotOwnerError


def not_reached(asked: Caller) -> Problem | None:
    """Give what to say to a caller whose position was not reached in time; None when it asked for none."""
    return Problem("not-reached", "The state is not as new as Kawka-Position asks, yet.") if asked.position else None


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
