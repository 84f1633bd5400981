"""A real mosquitto with persistence, of Debian's package, for tests and benchmarks: killed and started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

from app.local.errors import LocalError
from app.local.mqtt_broker import HOST
from app.local.process import free_port, port_in_use, spawn, stop, tail

TIMEOUT_S = 30
CONFIG = """
listener {port} 127.0.0.1
persistence true
persistence_location {directory}/
max_queued_messages 0
"""


class Mosquitto:
    """One broker with its data in `directory`. Use it as `async with`. It writes to disk when told to: see `save`."""

    def __init__(self, directory: Path, more: str = "allow_anonymous true\n") -> None:
        """`more`: further lines of its configuration."""
        self.port = free_port()
        self.url = f"mqtt://{HOST}:{self.port}"
        self.log = directory / "mosquitto.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._saved = directory / "mosquitto.db"
        self._config = directory / "mosquitto.conf"
        directory.mkdir(parents=True, exist_ok=True)
        user = "user root\n" if os.geteuid() == 0 else ""  # it would leave root, and our directory with it
        self._config.write_text(CONFIG.format(port=self.port, directory=directory) + user + more)

    async def start(self) -> None:
        """Start it over what it kept; LocalError when it is not installed or does not come up."""
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise LocalError("mosquitto is missing; on Debian: apt-get install mosquitto.")
        self.process = spawn([program, "-c", self._config], self.log)
        async with asyncio.timeout(TIMEOUT_S):
            while not port_in_use(HOST, self.port):
                if self.process.poll() is not None:
                    raise LocalError(f"mosquitto ended while starting: {tail(self.log, lines=1)}")
                await asyncio.sleep(0.05)

    async def save(self) -> None:
        """Have it write all that it holds to disk, and return when it has."""
        before = self._written()
        self._running().send_signal(signal.SIGUSR1)
        async with asyncio.timeout(TIMEOUT_S):
            while self._written() == before:
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Kill it with signal 9: it keeps what it saved."""
        self._running().kill()
        self._running().wait()

    async def stop(self) -> None:
        """End it in good order; it saves first. Not running: nothing."""
        if self.process is not None:
            await stop(self.process, TIMEOUT_S)

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise RuntimeError("this mosquitto is not running")
        return self.process

    def _written(self) -> int:
        return self._saved.stat().st_mtime_ns if self._saved.exists() else 0

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()
