"""Commands that callers hand to a task: appended to its source, awaited, and not appended again once decided."""

from typing import TYPE_CHECKING

from app.engine.answers import Answer, NotOwnerError, ReusedError
from app.engine.idempotency import Decided
from app.topics import Topic

if TYPE_CHECKING:
    from app.engine.task import Task


class Submissions:
    """What a task takes in from callers of this worker."""

    def __init__(self, task: "Task") -> None:
        self._task = task

    async def submit(self, source: Topic, key: bytes, command_id: str, fingerprint: bytes, body: bytes) -> Answer:
        """Append a command and wait for its answer; for one decided before give the stored answer at once.

        Raises NotOwnerError (ask the next owner; the command may be in the log, which is safe: it has an id) and
        ReusedError. The caller bounds the time.
        """
        known = self._known(key, command_id, fingerprint)
        if known is not None:
            return known if isinstance(known, Answer) else await self._stored(known.offset)
        future = self._task.waiting.add(key, command_id)
        await self._task.app.append(source, key, body, self._task.partition)
        answer = await future
        if answer.kind == "reused":
            raise ReusedError
        return await self._stored_of(key, command_id) if answer.kind == "stored" else answer

    async def accept(self, source: Topic, key: bytes, command_id: str, fingerprint: bytes, body: bytes) -> Answer:
        """Append a command, unless it was decided before, and do not wait for its answer: kind accepted or parked.

        Raises as `submit` does.
        """
        known = self._known(key, command_id, fingerprint)
        if isinstance(known, Answer):
            return known
        if known is None:
            await self._task.app.append(source, key, body, self._task.partition)
        return Answer("accepted")

    def _known(self, key: bytes, command_id: str, fingerprint: bytes) -> Answer | Decided | None:
        if not self._task.serving:
            raise NotOwnerError
        if key in self._task.state.parked:
            return Answer("parked", detail=self._task.state.parked[key].error)
        known = self._task.state.decided.get(key, command_id)
        if known is not None and known.fingerprint != fingerprint:
            raise ReusedError
        return known

    async def _stored(self, offset: int) -> Answer:
        """Give the result that lies at an offset of the results topic."""
        app, results = self._task.app, self._task.state.results
        assert results is not None
        record = await app.sideline.run(app.lookup.read_at(results, self._task.partition, offset))
        if record is None:
            raise NotOwnerError
        return Answer("decided", result=record.value)

    async def _stored_of(self, key: bytes, command_id: str) -> Answer:
        known = self._task.state.decided.get(key, command_id)
        if known is None:
            raise NotOwnerError
        return await self._stored(known.offset)
