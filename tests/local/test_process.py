"""Child processes: none outlives us, each ends when told, and a directory has one owner."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.local.errors import LocalError
from app.local.process import PidFile, _claim, exited, free_port, port_in_use, spawn, stop, tail

SLEEP = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)",
]


async def written(path: Path, text: str) -> None:
    """Wait until a child has written something."""
    async with asyncio.timeout(20):
        while not (path.exists() and text in path.read_text()):
            await asyncio.sleep(0.01)


async def test_a_child_that_obeys_ends_in_good_order(tmp_path: Path) -> None:
    child = spawn(SLEEP, tmp_path / "log")
    assert await stop(child, patience_s=20)
    assert child.returncode == -15


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    child = spawn(DEAF, tmp_path / "log")
    await written(tmp_path / "log", "here")
    assert not await stop(child, patience_s=0.1)
    assert child.returncode == -9


async def test_the_end_of_a_child_is_awaited_with_its_exit_code(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log")
    assert await exited(child) == 3
    assert await exited(child) == 3


async def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from app.local.process import spawn\n"
        f"child = spawn({SLEEP!r}, Path({str(tmp_path / 'child.log')!r}))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    parent = spawn([sys.executable, "-c", script], tmp_path / "parent.log")
    await written(tmp_path / "child.log", "here")
    await written(tmp_path / "parent.log", "\n")
    child = psutil.Process(int((tmp_path / "parent.log").read_text()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_port_that_somebody_listens_on_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert port_in_use("127.0.0.1", server.getsockname()[1])
    assert not port_in_use("127.0.0.1", free_port())


def test_a_port_is_given_once_also_where_no_server_has_it_yet_and_a_server_can_have_it() -> None:
    port = free_port(row=2)
    for one in (port, port + 1):
        assert _claim(one) is None
        with socket.create_server(("127.0.0.1", one)) as server:
            assert server.getsockname()[1] == one
    other = "import sys; from app.local.process import _claim; sys.exit(_claim(int(sys.argv[1])) is None)"
    assert subprocess.run([sys.executable, "-c", other, str(port)], check=False).returncode == 1


def test_a_directory_whose_owner_lives_is_refused_to_a_second(tmp_path: Path) -> None:
    mine = PidFile(tmp_path / "x.pid", "A test")
    mine.write(os.getpid())
    with pytest.raises(LocalError, match=f"process {os.getpid()}"):
        mine.refuse_second()
    mine.remove()
    mine.refuse_second()


def test_a_pid_that_now_belongs_to_another_process_owns_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.pid").write_text(f"{os.getpid()} 12345.0\n")
    assert PidFile(tmp_path / "x.pid", "A test").owner() is None


def test_a_pid_file_that_holds_rubbish_owns_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.pid").write_text("rubbish")
    assert PidFile(tmp_path / "x.pid", "A test").owner() is None


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "log", lines=2) == "b\nc"
    assert tail(tmp_path / "none") == ""
