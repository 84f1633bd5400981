"""A real mosquitto with persistence, of Debian's package: started, killed, and started again over what it kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

from app.local.process import free_port, port_in_use, spawn, tail
from tests.workers import eventually

HOST = "127.0.0.1"
CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
max_queued_messages 0
"""


class Mosquitto:
    """One broker with its data in `directory`. Use it as `async with`. It writes to disk when told to: see `save`."""

    def __init__(self, directory: Path, more: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"mqtt://{HOST}:{self.port}"
        self.log = directory / "mosquitto.log"
        self._saved = directory / "mosquitto.db"
        self._config = directory / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""  # it would leave root, and our directory with it
        self._config.write_text(CONFIG.format(port=self.port, directory=directory) + user + more)
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "mosquitto is missing; on Debian: apt-get install mosquitto"
        self.process = spawn([program, "-c", self._config], self.log)

        async def listens() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, tail(self.log)
            return port_in_use(HOST, self.port)

        await eventually(listens)

    async def save(self) -> None:
        """Have it write all that it holds to disk, and wait until it has."""
        assert self.process is not None
        before = self._saved.stat().st_mtime_ns if self._saved.exists() else 0
        self.process.send_signal(signal.SIGUSR1)

        async def saved() -> bool:
            return self._saved.exists() and self._saved.stat().st_mtime_ns > before

        await eventually(saved)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


__all__ = ["Mosquitto"]
