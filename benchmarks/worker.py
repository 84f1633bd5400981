"""A worker process under measurement."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from app.local.process import spawn, stop

STOP_TIMEOUT_S = 8


class Use(NamedTuple):
    """What processes have taken so far: CPU seconds and resident bytes."""

    cpu_s: float
    rss: int


class Worker:
    """One process. It dies with the benchmark, whatever ends that."""

    def __init__(self, command: list[str], env: Mapping[str, str], data_dir: Path, log: Path, url: str) -> None:
        self.data_dir = data_dir
        self.log = log
        self.url = url
        self._process = spawn(command, log, {**os.environ, **env})
        self._measured = psutil.Process(self._process.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def use(self) -> Use:
        """Say what it has taken. RuntimeError with the end of its log when it is gone."""
        if self._process.poll() is not None:
            raise RuntimeError(f"a worker ended; its log says: {self.log.read_text()[-2000:]}")
        times, memory = self._measured.cpu_times(), self._measured.memory_info()
        return Use(times.user + times.system, memory.rss)

    async def stop(self) -> None:
        """End it in good order."""
        await stop(self._process, STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Kill it with signal 9, as a crash would."""
        self._process.kill()
        self._process.wait()


def command() -> list[str]:
    """Give the command line of a Kawka worker."""
    return [sys.executable, "-m", "app.cli", "worker"]


def use(workers: list[Worker]) -> Use:
    """Sum up what several workers have taken."""
    uses = [worker.use() for worker in workers]
    return Use(sum(one.cpu_s for one in uses), sum(one.rss for one in uses))
