"""Child processes that never outlive us, the ports they use and the files that say who runs."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from app.local.errors import LocalError

PR_SET_PDEATHSIG = 1
# Below Linux's ephemeral range (32768-60999): no outgoing connection takes such a port between our look and the bind,
# nor while a killed server is away.
FREE_PORTS = range(20_000, 32_000)
MOST_CLAIMS = 256  # each is a file descriptor
_claims: deque[socket.socket] = deque()
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str] | None = None,
    before_exec: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child whose output goes to the end of `log`, and which the kernel kills with us, also on our kill -9.

    Call it from the main thread: the kernel's parent is the thread, so the end of another one would kill the child.
    The child has a process group of its own: Ctrl-C is ours to hand on. It calls `before_exec` first of all.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if before_exec:
            before_exec()  # a change of user forgets the signal below
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ if env is None else env),
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 -- no threads hold locks that it takes: two system calls
        )


async def exited(process: subprocess.Popen[bytes]) -> int:
    """Wait until a child has ended and give its exit code, negative for a signal. May be cancelled, needs no thread."""
    if process.poll() is None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        handle = os.pidfd_open(process.pid)
        loop.add_reader(handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
    return process.wait()


async def stop(process: subprocess.Popen[bytes], patience_s: float, how: signal.Signals = signal.SIGTERM) -> bool:
    """End a child: `how`, after `patience_s` SIGKILL. Whether it went by itself; it is gone either way."""
    if process.poll() is None:
        process.send_signal(how)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(exited(process), patience_s)
    clean = process.poll() is not None
    if not clean:
        process.kill()
        process.wait()
    return clean


def port_in_use(host: str, port: int) -> bool:
    """Whether a server listens there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is not in use
        try:
            probe.bind((host, port))
        except OSError:
            return True
        return False


def free_port(row: int = 1) -> int:
    """Pick a port of the loopback address that nobody has, or the first of so many in a row.

    No other call gives it, in whatever process, while this process lives and has not asked for hundreds more: the
    server that it is for takes seconds to bind it.
    """
    while True:
        port = random.choice(FREE_PORTS)  # noqa: S311 -- no secret
        claims = [claim for number in range(port, port + row) if (claim := _claim(number))]
        if len(claims) == row:
            _claims.extend(claims)
            while len(_claims) > MOST_CLAIMS:
                _claims.popleft().close()
            return port
        for claim in claims:
            claim.close()


def _claim(port: int) -> socket.socket | None:
    """Bind a port as nobody else may, then let servers bind it too: they set SO_REUSEADDR, other claims do not."""
    claim = socket.socket()
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return claim


def tail(log: Path, lines: int = 8) -> str:
    """Give the last lines of a log, for whoever wonders why its process died."""
    with contextlib.suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


class PidFile:
    """Says which process owns a directory, so that there is one, and so that `down` and people find it."""

    def __init__(self, path: Path, what: str) -> None:
        """`what` names the owner in the sentence of a refusal."""
        self.path = path
        self.what = what

    def owner(self) -> psutil.Process | None:
        """Find the living process that wrote the file; a number since given to another process is not it."""
        try:
            pid, started = self.path.read_text().split()
            process = psutil.Process(int(pid))
            alive = process.status() != psutil.STATUS_ZOMBIE and process.create_time() == float(started)
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    def refuse_second(self) -> None:
        """Raise LocalError while the owner lives."""
        if owner := self.owner():
            raise LocalError(f"{self.what} already runs with {self.path.parent} (process {owner.pid}); stop it first.")

    def write(self, pid: int) -> None:
        """Make `pid` the owner."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{pid} {psutil.Process(pid).create_time()!r}\n")

    def remove(self) -> None:
        """Forget the owner."""
        self.path.unlink(missing_ok=True)
