"""Watches the processes of `kawka up`: ready together, started again when one dies, stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp

from app.local.errors import LocalError
from app.local.process import exited, spawn, stop, tail

READY_TIMEOUT_S = 120  # a big state takes its time to restore
STOP_TIMEOUT_S = 8.0  # a worker leaves its group within 5
SHOWN_LINES = 8

Say = Callable[[str], None]


class Child:
    """One process of ours: how to start it, where its log is, and whether it answers yet."""

    def __init__(
        self, name: str, arguments: list[str], env: Mapping[str, str], log: Path, url: str | None = None
    ) -> None:
        """`arguments` follow `kawka`; `url` is that of its web, where it has one."""
        self.name = name
        self.url = url
        self.log = log
        self.stop_timeout_s = STOP_TIMEOUT_S
        self._command = [sys.executable, "-m", "app.cli", *arguments]
        self._env = dict(env)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its log tells of all its runs."""
        self.process = spawn(self._command, self.log, self._env)

    @property
    def pid(self) -> int:
        """The process id of its last run; RuntimeError before the first."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self.process.pid

    async def exited(self) -> int:
        """Wait for its end; the exit code, negative for a signal. RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await exited(self.process)

    async def stop(self) -> None:
        """End it, in good order if it can."""
        if self.process is not None:
            await stop(self.process, self.stop_timeout_s)

    def obituary(self, code: int) -> str:
        """Say how it ended, with the last lines of its log."""
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        lines = tail(self.log, SHOWN_LINES)
        return f"{self.name} {how}; its log is {self.log}" + (f" and ends:\n{lines}" if lines else ".")


async def ready(workers: list[Child], headers: Mapping[str, str]) -> None:
    """Return when every worker's /health/ready says 200; LocalError when one ends before, or they are not in 120 s.

    All in one round and in the same generation of their group: one that was ready alone is not while others join.
    """
    ends = [asyncio.ensure_future(worker.exited()) for worker in workers]
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=5)) as http:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while not await _all_ready(http, workers):
                    await asyncio.wait(ends, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
                    for worker, end in zip(workers, ends, strict=True):
                        if end.done():
                            raise LocalError(worker.obituary(end.result()))
        except TimeoutError as error:
            logs = ", ".join(str(worker.log) for worker in workers)
            raise LocalError(f"Not every worker was ready within {READY_TIMEOUT_S} s; their logs: {logs}.") from error
        finally:
            for end in ends:
                end.cancel()


async def _all_ready(http: aiohttp.ClientSession, workers: list[Child]) -> bool:
    generations = await asyncio.gather(*(_generation(http, f"{worker.url}/health/ready") for worker in workers))
    return None not in generations and len(set(generations)) == 1


async def _generation(http: aiohttp.ClientSession, url: str) -> int | None:
    """Give the generation of the group in which a worker is ready; None while it is not."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with http.get(url) as answer:
            if answer.status == 200:
                return int((await answer.json())["generation"])
    return None


async def keep_alive(child: Child, say: Say, restart_after_s: float | None, changed: Callable[[], None]) -> None:
    """Start a child again whenever it dies, `restart_after_s` later; None: only say so. Runs until cancelled.

    The pause keeps a child that dies at once from eating the machine, and gives its group time to move on.
    """
    while True:
        code = await child.exited()
        say(child.obituary(code))
        if restart_after_s is None:
            return
        say(f"{child.name} is started again in {restart_after_s:g} s.")
        await asyncio.sleep(restart_after_s)
        child.start()
        changed()
