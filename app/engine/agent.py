"""Faust agents whose actors are tasks: the agent's function runs once for each partition this worker owns."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.types import TP

from app.engine.table import Table
from app.engine.timers import Clock, Idle
from app.topics import Topic, dead_letters, merges

if TYPE_CHECKING:
    from app.engine.app import App
    from app.engine.task import Task, TaskBatch

AgentFunction = Callable[[AsyncIterator["TaskBatch"]], Awaitable[None]]


class Agent(faust.Agent):
    """An agent over one or several co-partitioned topics, with its tables and its outputs.

    Faust's own streams are not used: a task hands its agent whole batches and decides itself when they are done.
    """

    app: "App"
    fun: AgentFunction  # type: ignore[assignment]  # of batches, where Faust's is of a stream

    def declare(
        self,
        sources: Iterable[Topic],
        tables: Iterable[Table],
        outputs: Iterable[Topic],
        results: Topic | None,
        parked_topic: Topic,
        parked_table: Table,
        timers: tuple[Topic, Table] | None,
        idle: Idle | None,
    ) -> None:
        """Say what flows where. `results`: the topic whose fold tells which commands were decided.

        `timers`: the topic and table of the agent's timers; the topic is one more source. `idle`: see timers.py.
        """
        self.idle = idle
        self.timers_topic: Topic | None = timers[0] if timers else None
        self.timers_table: Table | None = timers[1] if timers else None
        self.sources = (*sources, *timers[:1]) if timers else tuple(sources)
        self.tables = (*tables, *timers[1:]) if timers else tuple(tables)
        self.outputs = tuple(outputs)
        self.results = results
        self.merges_topic = merges(self.name) if len(self.sources) > 1 else None  # one source tells its own order
        self.parked_topic = parked_topic
        self.parked_table = parked_table

    @property
    def source_names(self) -> tuple[str, ...]:
        """The real names of the source topics."""
        return tuple(self.app.topic_name(topic) for topic in self.sources)

    @property
    def written_names(self) -> tuple[str, ...]:
        """The real names of the topics its transactions write to."""
        changelogs = [table.topic for table in self.all_tables if table.changelog]
        others = [topic for topic in (self.results, self.merges_topic) if topic is not None]
        written = {*self.outputs, *changelogs, *others, self.parked_topic, dead_letters}
        return tuple(self.app.topic_name(topic) for topic in written)

    @property
    def all_tables(self) -> tuple[Table, ...]:
        """The tables, and that of the parked keys."""
        return (*self.tables, self.parked_table)

    @property
    def offset_group(self) -> str:
        """The consumer group that holds the agent's positions; it has no members."""
        return f"{self.app.settings.prefix}.{self.name}"

    def clock(self, task: "Task") -> Clock | None:
        """Make the clock of a task, None for an agent without timers."""
        if self.timers_topic is None or self.timers_table is None:
            return None
        return Clock(task, self.timers_topic, self.timers_table, self.idle)

    @property
    def doc(self) -> str:
        """What the agent does, in its own words."""
        return inspect.getdoc(self.fun) or ""

    async def run(self, batches: AsyncIterator["TaskBatch"]) -> None:
        """Run the agent's function over one task's batches, until the task is lost or in doubt."""
        await self.fun(batches)

    async def on_start(self) -> None:
        """Have the sources subscribed; tasks come with the assignment."""
        self.app.topics.add(cast(Any, self.channel))

    async def on_stop(self) -> None:
        """Nothing: the worker's tasks are closed before its agents."""

    def cancel(self) -> None:
        """Nothing: as on_stop."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing: the worker's Tasks follow the assignment."""

    async def on_partitions_assigned(self, assigned: set[TP]) -> None:
        """Nothing: the worker's Tasks follow the assignment."""
