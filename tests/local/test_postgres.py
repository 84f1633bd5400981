"""The PostgreSQL on this machine: real, ours alone, gone with us, and back with its data."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from app.local import unprivileged
from app.local.errors import LocalError
from app.local.postgres import LocalPostgres
from app.local.process import free_port

HOLDER = """
import asyncio, sys
from pathlib import Path
from app.local.postgres import LocalPostgres

async def hold():
    async with LocalPostgres(Path(sys.argv[1])) as postgres:
        print(postgres.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_answers_with_its_scripts_run_and_keeps_its_data_over_a_kill_and_a_stop(tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1);")
    async with LocalPostgres(tmp_path / "postgres", scripts=[script]) as postgres:
        assert str(await ask(postgres.url, "SHOW server_version")).startswith("18.")
        postgres.kill()
        await postgres.start()
        assert await ask(postgres.url, "SELECT count(*) FROM t") == 2
    async with LocalPostgres(tmp_path / "postgres", scripts=[script]) as postgres:
        assert await ask(postgres.url, "SELECT count(*) FROM t") == 3


async def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(f"postgresql://kawka:guess@127.0.0.1:{postgres.port}/kawka", "SELECT 1")
    assert (tmp_path / "postgres" / "password").stat().st_mode & 0o77 == 0


async def test_a_stop_does_not_wait_for_clients(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        connection = await asyncpg.connect(postgres.url)
        await postgres.stop()
        connection.terminate()
        assert "database system is shut down" in postgres.log.read_text()


async def test_nothing_of_it_is_left_when_its_parent_is_killed(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path / "postgres"), stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    server = psutil.Process(int(await holder.stdout.readline()))
    family = [server, *server.children(recursive=True)]
    assert len(family) > 1
    holder.kill()
    await holder.wait()
    async with asyncio.timeout(20):
        while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family):
            await asyncio.sleep(0.02)
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_number_that_another_program_has_by_now_is_not_taken_for_a_running_server(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        lock = tmp_path / "postgres" / "data" / "postmaster.pid"
        lines = lock.read_text().splitlines(keepends=True)
        postgres.kill()
        lock.write_text("".join([f"{os.getppid()}\n", *lines[1:]]))
        await postgres.start()
        assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_first_start_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    scratch = tmp_path / "postgres" / "data.new"
    scratch.mkdir(parents=True)
    (scratch / "PG_VERSION").write_text("18\n")
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        assert await ask(postgres.url, "SELECT 1") == 1


async def test_a_second_one_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        with pytest.raises(LocalError, match=rf"A PostgreSQL already runs .* \(process {postgres.pid}\)"):
            await LocalPostgres(tmp_path / "postgres").start()
        with pytest.raises(LocalError, match=rf"Port {postgres.port} for PostgreSQL is in use"):
            await LocalPostgres(tmp_path / "other", postgres.port).start()


async def test_why_it_cannot_start_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres"):
        pass
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(LocalError, match="its data is of another version of PostgreSQL"):
        await LocalPostgres(tmp_path / "postgres").start()
    (tmp_path / "postgres" / "password").unlink()
    with pytest.raises(LocalError, match="password is gone"):
        await LocalPostgres(tmp_path / "postgres").start()
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"cannot keep its data in .*file"):
        await LocalPostgres(tmp_path / "file").start()


async def test_a_kill_is_told_by_its_exit_code(tmp_path: Path) -> None:
    async with LocalPostgres(tmp_path / "postgres", free_port()) as postgres:
        os.kill(postgres.pid, signal.SIGKILL)
        assert await postgres.exited() == -signal.SIGKILL
        assert postgres.process is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_as_root_it_runs_as_another_user_also_below_a_closed_directory(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with LocalPostgres(closed / "postgres") as postgres:
        assert psutil.Process(postgres.pid).username() == unprivileged.NAME
