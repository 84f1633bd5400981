"""Where a benchmark takes place: a Kafka of its own with all topics, and workers, in a directory that goes with it."""

import asyncio
import shutil
import sys
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from app import admin, topics
from app.local.kafka import LocalKafka
from app.local.process import free_port
from app.settings import Settings
from benchmarks.worker import Worker, command

PARTITIONS = 8


class Arena:
    """Use it as `async with Arena() as arena:`. `keep` leaves the directory for a look at logs and data."""

    def __init__(self, *, keep: bool = False, **settings: Any) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="kawka-bench-"))
        self.kafka = LocalKafka(self.directory / "kafka", long=True)
        self.workers: list[Worker] = []
        self.kept = keep
        self._settings = settings

    @property
    def settings(self) -> Settings:
        """What every process here is told."""
        common: dict[str, Any] = {"broker": self.kafka.broker, "partitions": PARTITIONS, "services": ("invoices",)}
        return Settings(**common | self._settings)

    def start_worker(self, number: int | None = None) -> Worker:
        """Start one more worker, or the `number`-th (from 1) again, over what it left."""
        number = len(self.workers) + 1 if number is None else number
        port = free_port()
        data_dir = self.directory / f"worker-{number}"
        settings = msgspec.structs.replace(self.settings, data_dir=data_dir, web_port=port)
        env = {name: value for name, value in settings.env().items() if value}
        worker = Worker(command(), env, data_dir, self.directory / f"worker-{number}.log", f"http://127.0.0.1:{port}")
        self.workers[number - 1 :] = [worker]
        return worker

    async def ready(self, timeout_s: float = 60) -> None:
        """Wait until each worker says it is ready, with a share of the partitions. TimeoutError."""
        async with asyncio.timeout(timeout_s), aiohttp.ClientSession() as session:
            while not all([await _ready(session, worker.url, len(self.workers)) for worker in self.workers]):
                await asyncio.sleep(0.05)

    async def __aenter__(self) -> Self:
        """Start Kafka and make the topics."""
        try:
            await self.kafka.start()
            await admin.create(self.settings, topics.of(self.settings.services))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End everything."""
        for worker in self.workers:
            await worker.stop()
        await self.kafka.stop()
        if self.kept:
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


async def _ready(session: aiohttp.ClientSession, url: str, workers: int) -> bool:
    """Ask whether all is taken, by as many workers as there are: one alone is ready too, before the next one joins."""
    try:
        async with session.get(f"{url}/health/ready") as answer:
            if answer.status != HTTPStatus.OK:
                return False
        async with session.get(f"{url}/api/workers") as answer:
            return len(await answer.json()) == workers
    except (aiohttp.ClientError, TimeoutError):
        return False
