"""Who takes part: how a system is set up and started, and where it leaves what is looked at."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from aiokafka import TopicPartition

from benchmarks import w1
from benchmarks.peers.stage import Stage
from benchmarks.worker import Worker

CACHE = Path(__file__).parents[1] / ".cache"  # what peers are made of: fetched and built once


class Verdict(NamedTuple):
    """Where the results lie, by partition and in order, and what is wrong with the outputs."""

    offsets: Mapping[TopicPartition, Sequence[int]]
    faults: tuple[str, ...]


class Restored(NamedTuple):
    """What a process has restored so far: records (or offsets), whether it is at work again, since when (monotonic s).

    `since` None: it does not say; when its records begin to count will do.
    """

    records: int
    ready: bool
    since: float | None = None


class Contender:
    """A system with its settings. `workers` share the partitions, in `processes`; it gets at most `most` commands."""

    key: str
    system: str
    workers: int = 1
    processes: int = 1
    most: int = 400_000
    settings: ClassVar[Mapping[str, str]] = {}

    def prepare(self) -> str | None:
        """Set up what is missing; a sentence when this machine cannot run it."""
        return None

    def start(self, stage: Stage, number: int) -> Worker:
        """Start its `number`-th process, from 1."""
        raise NotImplementedError

    def changelog(self, stage: Stage) -> str:
        """Name the topic of its snapshots."""
        raise NotImplementedError

    def by_type(self, stage: Stage) -> str:
        """Name the topic that has dangerous positions by type of event, for windows."""
        raise NotImplementedError

    def trucks(self, stage: Stage) -> str | None:
        """Name the changelog of the table of trucks; None when it has no such table."""
        raise NotImplementedError

    async def prove(self, stage: Stage, count: int) -> Verdict:
        """Read all outputs back."""
        proof = await w1.prove(stage.broker, count, stage.prefix, self.changelog(stage), stage.partitions)
        return Verdict(proof.offsets, proof.faults())

    async def owned(self, worker: Worker) -> set[int]:
        """Give the partitions that a process has now; none while it is not settled."""
        raise NotImplementedError

    async def restored(self, worker: Worker) -> Restored:
        """Say how far a process has come with its restore."""
        raise NotImplementedError


def process(stage: Stage, number: int, command: Sequence[str], env: Mapping[str, str] | None = None) -> Worker:
    """Start a peer's process with a directory and a log of its own."""
    data_dir = stage.directory / f"data-{number}"
    told = {"PEER_BROKER": stage.broker, "PEER_PREFIX": stage.prefix, "PEER_DATA_DIR": str(data_dir), **(env or {})}
    log = stage.directory / f"process-{number}.log"
    root = str(Path(__file__).parents[2])
    return Worker(list(command), {**told, "PYTHONPATH": root}, data_dir, log, "")


def path_of(tool: str) -> str | None:
    """Find a program that is not ours."""
    places = (Path(directory) / tool for directory in os.environ.get("PATH", "").split(os.pathsep))
    return next((str(place) for place in places if os.access(place, os.X_OK)), None)
