"""The one Kafka on which all take their turns, and what every turn has in common."""

import itertools
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchmarks.arena import PARTITIONS, Arena
from benchmarks.outcome import Outcome
from benchmarks.peers.contender import Contender
from benchmarks.peers.stage import Stage
from benchmarks.worker import Worker


class Ground:
    """A Kafka without topics of its own."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._turns = itertools.count(1)

    @asynccontextmanager
    async def stage(
        self, key: str, partitions: int = PARTITIONS, services: tuple[str, ...] = ("invoices",)
    ) -> AsyncIterator[Stage]:
        """Give a stage for one turn; afterwards nothing of it is left, unless the arena is kept."""
        prefix = f"{key.replace('.', '')}-{next(self._turns)}-"
        directory = self._arena.directory / prefix.rstrip("-")
        stage = Stage(self._arena.kafka.broker, prefix, directory, partitions, services)
        await stage.build()
        try:
            yield stage
        finally:
            if not self._arena.kept:
                await stage.clear()

    def kafka_disk(self, stage: Stage) -> dict[str, int]:
        """Say what the topics of a stage take of Kafka's disk."""
        files = (self._arena.kafka.data_dir / "log").glob(f"*{stage.prefix}*/*")
        return {"kafka_mb": round(sum(file.stat().st_blocks * 512 for file in files) / 2**20)}


@asynccontextmanager
async def ground(*, keep: bool = False) -> AsyncIterator[Ground]:
    """Start Kafka."""
    async with Arena(keep=keep) as arena:
        yield Ground(arena)


@asynccontextmanager
async def processes(contender: Contender, stage: Stage) -> AsyncIterator[list[Worker]]:
    """Start all processes of a contender, and end them."""
    workers: list[Worker] = []
    try:
        workers.extend(contender.start(stage, number) for number in range(1, contender.processes + 1))
        yield workers
    finally:
        for worker in workers:
            await worker.stop()


async def attempt(benchmark: str, contender: Contender, turn: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Take a turn; one that fails is told of, and does not take the others with it."""
    print(f"{benchmark}: {contender.system} ...", file=sys.stderr, flush=True)
    try:
        return await turn()
    except Exception as error:  # noqa: BLE001 -- whatever a peer dies of
        fault = f"{type(error).__name__}: {str(error).strip()[-600:]}"
        print(f"{benchmark}: {contender.system}: {fault}", file=sys.stderr, flush=True)
        return Outcome(benchmark, contender.system, contender.workers, {"key": contender.key}, (fault,))
