"""A mail server on this machine for demonstrations: it takes mails and keeps the last of them as files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Self

from app.local.errors import LocalError
from app.local.mail_server import HOST
from app.local.process import exited, free_port, port_in_use, spawn, stop, tail

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 4


class LocalMail:
    """One mail sink on a free port, with its mails in `directory`. It dies with our process.

    Use it as `async with LocalMail(directory, log) as mail:`. Starting raises LocalError with one sentence.
    """

    def __init__(self, directory: Path, log: Path, port: int = 0) -> None:
        """Nothing starts yet. Port 0 takes a free one and keeps it over a new start."""
        self.directory = directory
        self.port = port or free_port()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for senders, smtp://host:port."""
        return f"smtp://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The process id; RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError("this mail server is not running")
        return self.process.pid

    async def start(self) -> None:
        """Start it and return when it listens; LocalError when it cannot."""
        if port_in_use(HOST, self.port):
            raise LocalError(f"Port {self.port} for mails is in use: stop what listens there.")
        command = [sys.executable, "-m", "app.local.mail_server", str(self.port), str(self.directory)]
        self.process = spawn(command, self.log)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not port_in_use(HOST, self.port):
                    if self.process.poll() is not None:
                        raise LocalError(f"The mail server ended while starting: {tail(self.log, lines=1)}")
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            await self.stop()
            raise LocalError(
                f"The mail server did not start within {START_TIMEOUT_S} s; its log: {self.log}."
            ) from error

    async def exited(self) -> int:
        """Wait for its end; the exit code. RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError("this mail server is not running")
        return await exited(self.process)

    async def stop(self) -> None:
        """End it, by force when it takes longer than 4 s. Not running: nothing."""
        if self.process is not None:
            await stop(self.process, STOP_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()
