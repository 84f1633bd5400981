"""All tasks of this worker: made and ended as the group assigns partitions, fed with what was fetched."""

import asyncio
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from faust.types import TP

from app.engine.task import Task
from app.engine.transport import Fetch

if TYPE_CHECKING:
    from app.engine.app import App

log = logging.getLogger(__name__)
REVOKE_S = 2.0


class Tasks:
    """The worker's tasks by agent and partition."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._tasks: dict[tuple[str, int], Task] = {}
        self._by_tp: dict[TP, list[Task]] = {}
        self.full: set[TP] = set()  # read by the consumer's thread
        self._full_of: set[Task] = set()

    def __iter__(self) -> Iterator[Task]:
        return iter(tuple(self._tasks.values()))

    def get(self, agent: str, partition: int) -> Task | None:
        """Give the task if this worker has it, whatever its state."""
        return self._tasks.get((agent, partition))

    @property
    def ready(self) -> bool:
        """Whether every task of this worker is ready and the group has given us an assignment."""
        return self._app.assigned.is_set() and all(task.ready for task in self)

    async def ends(self) -> dict[TP, int]:
        """Give the last stable offsets of what is fetched here; none when the consumer cannot say within a second."""
        thread = self._app.consumer.thread
        try:
            return await asyncio.wait_for(thread.ask(thread.ends), 1.0)
        except (TimeoutError, RuntimeError):  # RuntimeError: its loop is not running (any more)
            return {}

    def deliver(self, fetch: Fetch) -> None:
        """Hand a fetch to every task that reads its partition; each skips what it has already."""
        for task in self._by_tp.get(fetch.tp, ()):
            task.deliver(fetch)

    def crowded(self, tps: set[TP], task: Task, full: bool) -> None:
        """Hold back the sources of a task that has enough for now, and only those: memory stays bounded."""
        if full:
            self._full_of.add(task)
            self.full |= tps
        elif task in self._full_of:
            self._full_of.discard(task)
            self.full -= tps.difference(*(other.tps for other in self._full_of)) if self._full_of else tps

    def out_of_range(self, tps: set[TP]) -> None:
        """Called from the consumer's thread: a position no longer exists, so those tasks must be taken anew."""
        for tp in tps:
            for task in self._by_tp.get(tp, ()):
                self._app.loop.call_soon_threadsafe(task.doubt, "its position is out of range")

    async def revoked(self) -> None:
        """Finish or abort what is in flight within 2 s, then let go of everything: every assignment is taken anew."""
        tasks, self._tasks, self._by_tp = list(self), {}, {}
        self.full.clear()
        self._full_of.clear()
        if tasks:
            await asyncio.gather(*(task.close(REVOKE_S) for task in tasks))

    async def assigned(self, tps: set[TP]) -> None:
        """Make a task for each agent and partition number whose sources are all ours; they start in the background."""
        await self.revoked()
        for agent in self._app.own_agents():
            for partition in {tp.partition for tp in tps}:
                sources = {TP(topic, partition) for topic in agent.source_names}
                if sources <= tps:
                    task = Task(self._app, agent, partition)
                    self._tasks[agent.name, partition] = task
                    for tp in sources:
                        self._by_tp.setdefault(tp, []).append(task)
                    task.start()
