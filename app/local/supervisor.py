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
STOP_TIMEOUT_S = 8  # a worker leaves its group within 5
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
            await stop(self.process, STOP_TIMEOUT_S)

    def obituary(self, code: int) -> str:
        """Say how it ended, with the last lines of its log."""
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        lines = tail(self.log, SHOWN_LINES)
        return f"{self.name} {how}; its log is {self.log}" + (f" and ends:\n{lines}" if lines else ".")


async def ready(children: list[Child], headers: Mapping[str, str]) -> None:
    """Return when every child's /health/ready says 200; LocalError when one ends before, or none does in 120 s."""
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=5)) as http:

        async def one(child: Child) -> None:
            end = asyncio.ensure_future(child.exited())
            try:
                while not await _answers(http, f"{child.url}/health/ready"):
                    done, _ = await asyncio.wait([end], timeout=0.1)
                    if done:
                        raise LocalError(child.obituary(end.result()))
            finally:
                end.cancel()

        jobs = [asyncio.create_task(one(child)) for child in children]
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await asyncio.gather(*jobs)
        except TimeoutError as error:
            logs = ", ".join(str(child.log) for child in children)
            raise LocalError(f"Not every worker was ready within {READY_TIMEOUT_S} s; their logs: {logs}.") from error
        finally:
            for job in jobs:
                job.cancel()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with http.get(url) as answer:
            return answer.status == 200
    return False


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
