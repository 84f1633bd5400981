"""A worker process under measurement."""

import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

from app.local.process import spawn, stop

STOP_TIMEOUT_S = 8


class Use(NamedTuple):
    """What processes have taken so far: CPU seconds, resident bytes, and seconds that they were kept from a core."""

    cpu_s: float
    rss: int
    waited_s: float = 0.0

    def crowding(self, before: "Use") -> float:
        """Give the seconds of waiting for each second of work since `before`: far above 0, others had the cores."""
        return round((self.waited_s - before.waited_s) / max(self.cpu_s - before.cpu_s, 1e-9), 2)


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
        return Use(times.user + times.system, memory.rss, _waited(self._process.pid))

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
    return Use(*(sum(one) for one in zip(*uses, strict=True)))


def _waited(pid: int) -> float:
    """Sum up how long the threads of a process stood in line for a core, by Linux's scheduler; 0 where it is silent."""
    waited = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # a thread may end meanwhile
            waited += int(file.read_text().split()[1])
    return waited / 1e9
