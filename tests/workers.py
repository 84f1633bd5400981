"""Real worker processes for tests: started, awaited, killed, frozen; each cluster has names and ports of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import aiohttp

from app import admin, topics
from app.local.process import free_port, spawn, tail
from app.settings import Settings

PROGRAM = (sys.executable, "-m", "app.cli", "worker")


async def eventually(condition: Callable[[], Awaitable[Any]], within: float = 30, what: str = "it") -> Any:
    """Ask until the answer is true, and give it. AssertionError when that takes longer than `within` seconds."""
    until = time.monotonic() + within
    while not (answer := await condition()):
        assert time.monotonic() < until, f"{what} did not come true within {within} s"
        await asyncio.sleep(0.05)
    return answer


class Worker:
    """One worker process."""

    def __init__(self, name: str, env: dict[str, str], directory: Path, program: tuple[str, ...]) -> None:
        self.url = f"http://127.0.0.1:{env['KAWKA_WEB_PORT']}"
        self.data_dir = Path(env["KAWKA_DATA_DIR"])
        self.log = directory / f"{name}.log"
        self._env = env
        self._program = program
        self.start()

    def start(self, **env: str) -> None:
        """Start the process (again)."""
        self.process = spawn(list(self._program), env={**os.environ, **self._env, **env}, log=self.log)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def gone(self, within: float = 20) -> int:
        """Wait for the process to end; gives its exit code, negative for a signal."""

        async def ended() -> bool:
            return self.process.poll() is not None

        await eventually(ended, within, f"the end of {self.log.stem}")
        return self.process.returncode

    async def stop(self) -> None:
        """End the process, frozen or not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                await self.gone(10)
            except AssertionError:
                self.process.kill()
        self.process.wait()


class Cluster:
    """Workers that share topics and a group of their own on the run's Kafka."""

    def __init__(self, broker: str, directory: Path, name: str, program: tuple[str, ...] = PROGRAM, **env: str) -> None:
        self.broker = broker
        self.name = name
        self.workers: list[Worker] = []
        self._directory = directory
        self._program = program
        self._env = {"KAWKA_SERVICES": "invoices", **env}

    def topic(self, topic: topics.Topic) -> str:
        """Give a topic's real name."""
        return f"{self.name}-{topic.name}"

    async def create_topics(self) -> None:
        """Make the topics of the suite under this cluster's prefix."""
        services = self._env["KAWKA_SERVICES"].split(",")
        await admin.create(Settings(broker=self.broker, topic_prefix=f"{self.name}-"), topics.of(services))

    def start(self, **env: str) -> Worker:
        """Start one more worker."""
        number = len(self.workers) + 1
        settings = {
            "KAWKA_BROKER": self.broker,
            "KAWKA_PREFIX": self.name,
            "KAWKA_TOPIC_PREFIX": f"{self.name}-",
            "KAWKA_WEB_PORT": str(free_port()),
            "KAWKA_DATA_DIR": str(self._directory / f"worker-{number}"),
            "KAWKA_LOG_LEVEL": "info",
        }
        worker = Worker(f"worker-{number}", {**settings, **self._env, **env}, self._directory, self._program)
        self.workers.append(worker)
        return worker

    def http(self) -> aiohttp.ClientSession:
        """Give a client for the workers' HTTP."""
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def workers_now(self, via: Worker) -> list[dict[str, Any]]:
        """Ask a worker for all of them; none while it does not answer."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http:
            try:
                async with http.get(f"{via.url}/api/workers") as answer:
                    return await answer.json() if answer.status == 200 else []
            except (aiohttp.ClientError, TimeoutError):
                return []

    async def settled(self, *workers: Worker, within: float = 60) -> None:
        """Wait until these workers, and no others, hold every partition, all of them ready."""
        workers = workers or tuple(self.workers)

        async def balanced() -> bool:
            held: dict[str, list[int]] = {}
            holders = set()
            for worker in await self.workers_now(workers[0]):
                for task in worker["tasks"]:
                    if task["state"] != "ready":
                        return False
                    holders.add(worker["url"])
                    held.setdefault(task["agent"], []).append(task["partition"])
            every = all(sorted(partitions) == list(range(8)) for partitions in held.values())
            return bool(held) and every and holders == {worker.url for worker in workers}

        try:
            await eventually(balanced, within, f"{len(workers)} workers with every partition")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{tail(workers[0].log, 30)}") from None

    async def __aenter__(self) -> Self:
        """Make the topics."""
        await self.create_topics()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop what still runs."""
        await asyncio.gather(*(worker.stop() for worker in self.workers))


__all__ = ["Cluster", "Worker", "eventually"]
