"""An MQTT broker on this machine for demonstrations: amqtt, pure Python, in a process of its own.

It speaks MQTT 3.1.1 without shared subscriptions, keeps everything in memory, and drops a message that its subscriber
has not acknowledged within 5 s. Where no message may be lost, name a real broker with KAWKA_MQTT_URL.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Self

from app.local.errors import LocalError
from app.local.mqtt_broker import HOST
from app.local.process import exited, free_port, port_in_use, spawn, stop, tail
from app.mqtt_url import PORTS

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 4


class LocalMqtt:
    """One broker; port 0 takes MQTT's own 1883, or a free one where that is in use. It dies with our process.

    Use it as `async with LocalMqtt(log) as mqtt:`. Starting raises LocalError with one sentence.
    """

    def __init__(self, log: Path, port: int = 0) -> None:
        """Nothing starts yet."""
        usual = PORTS["mqtt"]
        self.port = port or (free_port() if port_in_use(HOST, usual) else usual)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for anybody, mqtt://host:port."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def session_url(self) -> str:
        """The address for a client whose session is to be kept: amqtt keeps none for who has no user name.

        Its version is in it because amqtt hangs on MQTT 5, where it should refuse it.
        """
        return f"mqtt://kawka@{HOST}:{self.port}?version=3.1.1"

    @property
    def pid(self) -> int:
        """The process id; RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError("this MQTT broker is not running")
        return self.process.pid

    async def start(self) -> None:
        """Start it and return when it listens; LocalError when it cannot."""
        if port_in_use(HOST, self.port):
            raise LocalError(f"Port {self.port} for MQTT is in use: stop what listens there, or choose another port.")
        self.process = spawn([sys.executable, "-m", "app.local.mqtt_broker", str(self.port)], self.log)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not port_in_use(HOST, self.port):
                    if self.process.poll() is not None:
                        raise LocalError(f"The MQTT broker ended while starting: {tail(self.log, lines=1)}")
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            await self.stop()
            raise LocalError(
                f"The MQTT broker did not start within {START_TIMEOUT_S} s; its log: {self.log}."
            ) from error

    async def exited(self) -> int:
        """Wait for its end; the exit code. RuntimeError before the first start."""
        if self.process is None:
            raise RuntimeError("this MQTT broker is not running")
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
