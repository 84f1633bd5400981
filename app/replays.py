"""Replaying agents, and comparing what comes of it with what Kafka holds."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from app.engine.replay import Position, Replay, Written, slices
from app.engine.table import Table
from app.topic_reader import read

if TYPE_CHECKING:
    from app.engine.agent import Agent
    from app.engine.app import App

Log = dict[tuple[str, int], list[Any]]  # by real topic name and partition
Outputs = dict[tuple[str, int], list[Written]]
MOST_DIFFERENCES = 20


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """A replayed agent: how much was compared, and where the replay differs from what there is."""

    agent: str
    records: int
    outputs: int
    entries: int
    differences: list[str]


async def replay(app: App, agents: Iterable[Agent]) -> list[Report]:
    """Run agents again over all that their source topics hold, and compare outputs and state, byte for byte.

    They have to be idle: what is on its way has no outputs yet. Everything is held in memory.
    """
    agents = list(agents)
    topics = {topic for agent in agents for topic in (*agent.sources, *agent.outputs)}
    topics |= {table.topic for agent in agents for table in agent.all_tables}
    topics |= {topic for agent in agents for topic in (agent.results, agent.merges_topic) if topic}
    log: Log = defaultdict(list)
    async for _, records in read(app.settings, *sorted(topics, key=lambda topic: topic.name)):
        log[records[0].topic, records[0].partition] += records
    with tempfile.TemporaryDirectory(prefix="kawka-replay-") as directory:
        return [await _replay(app, agent, log, Path(directory)) for agent in agents]


async def _replay(app: App, agent: Agent, log: Log, directory: Path) -> Report:
    count = outputs = entries = 0
    differences: list[str] = []
    found = _found(app, agent, log)
    for partition in range(app.settings.partitions):
        sources = {name: log[name, partition] for name in agent.source_names}
        again = Replay(app, agent, partition, directory)
        try:
            await again.run(slices(sources, _ends(app, agent, log, partition)))
            differences += _compare(found[partition], _written(app, agent, again))
            for table in agent.all_tables:
                kept = _kept(table, log[app.topic_name(table.topic), partition])
                entries += len(kept)
                if kept != again.entries(table.name):
                    differences.append(f"table {table.name}, partition {partition}: its entries differ")
        finally:
            again.close()
        count += sum(map(len, sources.values()))
        outputs += sum(map(len, found[partition].values()))
    return Report(agent.name, count, outputs, entries, differences[:MOST_DIFFERENCES])


def _kept(table: Table, records: Iterable[Any]) -> dict[bytes, bytes]:
    """Give what a table's topic comes to, as a restore would."""
    entries = dict(entry for entry in map(table.entry, records) if entry is not None)
    return {key: value for key, value in entries.items() if value is not None}


def _writes(app: App, agent: Agent) -> set[str]:
    return {app.topic_name(topic) for topic in (*agent.outputs, *((agent.results,) if agent.results else ()))}


def _found(app: App, agent: Agent, log: Log) -> dict[int, Outputs]:
    """Sort an agent's outputs by the task that wrote them: they say which record caused them."""
    found: dict[int, Outputs] = defaultdict(lambda: defaultdict(list))
    sources, names = set(agent.source_names), _writes(app, agent)
    for (topic, partition), records in log.items():
        for record in records if topic in names else ():
            cause = dict(record.headers).get("position", b"").decode().rpartition(":")[0]
            source, _, number = cause.rpartition("-")
            if source in sources:
                written = (record.key, record.value, record.timestamp, tuple(record.headers))
                found[int(number)][topic, partition].append(written)
    return found


def _written(app: App, agent: Agent, again: Replay) -> Outputs:
    names = _writes(app, agent)
    return {slot: records for slot, records in again.written.items() if slot[0] in names}


def _compare(found: Outputs, written: Outputs) -> Iterator[str]:
    for slot in sorted(found.keys() | written.keys()):
        before, after = found.get(slot, []), written.get(slot, [])
        if before != after:
            at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
            yield f"{slot[0]}, partition {slot[1]}: {len(before)} outputs, {len(after)} now; they part at {at}"


def _ends(app: App, agent: Agent, log: Log, partition: int) -> list[Position]:
    """Give where the task's transactions ended; with one source it does not matter."""
    told = log[app.topic_name(agent.merges_topic), partition] if agent.merges_topic else []
    return [_position(record.value.decode()) for record in told]


def _position(text: str) -> Position:
    pairs = (one.rpartition(":") for one in text.split(","))
    return {place.rpartition("-")[0]: int(offset) for place, _, offset in pairs}
