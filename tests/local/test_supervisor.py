"""The supervisor starts what died again, and says how it died."""

import asyncio
import os
from pathlib import Path

import pytest

from app.local.errors import LocalError
from app.local.process import free_port
from app.local.supervisor import Child, keep_alive, ready


def child(tmp_path: Path, *arguments: str) -> Child:
    return Child("worker-1", list(arguments), os.environ, tmp_path / "log", f"http://127.0.0.1:{free_port()}")


async def test_a_child_that_died_is_started_again(tmp_path: Path) -> None:
    dying, runs, said = child(tmp_path, "settings"), asyncio.Semaphore(0), list[str]()
    dying.start()
    watch = asyncio.create_task(keep_alive(dying, said.append, 0, runs.release))
    async with asyncio.timeout(60):
        for _ in range(2):
            await runs.acquire()
    watch.cancel()
    await asyncio.wait([watch])
    await dying.stop()
    assert said[0].startswith("worker-1 ended with exit code 0")


async def test_a_child_that_died_stays_dead_when_asked_for(tmp_path: Path) -> None:
    dying, said = child(tmp_path, "settings"), list[str]()
    dying.start()
    await keep_alive(dying, said.append, None, lambda: None)
    assert len(said) == 1


async def test_a_worker_that_ends_before_it_is_ready_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    dying = child(tmp_path, "there-is-no-such-command")
    dying.start()
    with pytest.raises(LocalError, match=r"(?s)worker-1 ended with exit code 2.*No such command"):
        await ready([dying], {})


async def test_a_signal_is_named_as_the_cause(tmp_path: Path) -> None:
    killed = child(tmp_path, "simulate", "invoices", "--wait", "60")
    killed.start()
    assert killed.process is not None
    killed.process.kill()
    assert "was killed by signal 9" in killed.obituary(await killed.exited())
