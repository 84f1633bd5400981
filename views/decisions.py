"""Having a command decided by the owner of its key, and what became of it as an answer of HTTP."""

import re
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp.web import Request, Response, StreamResponse
from aiokafka.errors import MessageSizeTooLargeError

from app.codec import fingerprint
from app.domain.decider import BaseCommand
from app.engine.agent import Agent
from app.engine.answers import Answer, ReusedError
from app.engine.task import Task
from views.answers import held, json
from views.callers import Caller, reached
from views.forward import Owned
from views.problems import Problem, malformed

COMMAND_ID: Final = "Kawka-Command-Id"
"""Between workers: the id that the caller's worker gave to a command that came without one."""

_OUTCOME: Final = re.compile(rb'"ok":(true|false),"version":(\d+),"position":"([^"]*)"')

Shown = Callable[[bytes, str, str], Response]
"""Makes the answer of a result that is no refusal, its position, and the host that decided it."""


class Decisions:
    """The commands of one kind of aggregate: decided here, or by the worker that owns the key."""

    def __init__(self, owned: Owned, agent: Agent, noun: str, shown: Shown = held) -> None:
        self._owned = owned
        self._app = owned.app
        self._agent = agent
        self._noun = noun
        self._shown = shown
        self.host = owned.app.url.partition("://")[2]

    async def of(
        self,
        request: Request,
        asked: Caller,
        key: bytes,
        command: BaseCommand,
        *,
        record: bytes,
        sent: bytes | None = None,
        at_once: bool = False,
    ) -> StreamResponse:
        """Answer with what was decided; `at_once`: as soon as it is in the log.

        `record` is the command as it is written to the log, `sent` the body that is passed on to another worker.
        """
        command_id, print_ = command.command_id, fingerprint(command)
        source = self._agent.sources[0]

        async def here(task: Task) -> Response:
            await reached(task, asked)
            act = task.submissions.accept if at_once else task.submissions.submit
            try:
                answer = await act(source, key, command_id, print_, record)
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
        passed = {COMMAND_ID: command_id}
        return await self._owned.answer(
            request, self._agent, partition, asked, here, late=late, nobody=late, body=sent, headers=passed
        )

    def _of(self, answer: Answer, command_id: str) -> Response:
        match answer.kind:
            case "accepted":
                return json({"commandId": command_id, "status": "accepted"}, 202, Kawka_Served_By=self.host)
            case "parked":
                detail = f"Its {self._noun} waits behind a dead letter: {answer.detail}"
                raise Problem("parked", detail, commandId=command_id)
            case "undecodable":
                raise malformed(answer.detail)
        outcome = _OUTCOME.search(answer.result)
        assert outcome is not None, "our own results say how they came out"
        if outcome[1] == b"true":
            return self._shown(answer.result, outcome[3].decode(), self.host)
        raise self._refused(answer.result, command_id)

    def _refused(self, result: bytes, command_id: str) -> Problem:
        decoded = msgspec.json.decode(result)
        error, version = decoded["error"], decoded["version"]
        return Problem(
            error["code"],
            error["message"],
            headers={"Kawka-Position": decoded["position"], "Kawka-Served-By": self.host},
            field=error.get("field"),
            actualVersion=version if error["code"] == "version-conflict" else None,
            commandId=command_id,
            version=version,
        )
