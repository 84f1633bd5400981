"""The supervisor starts what died again, and says how it died."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from app.local.errors import LocalError
from app.local.process import free_port
from app.local.supervisor import Child, keep_alive, ready

Handler = Callable[[web.BaseRequest], Awaitable[web.Response]]


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


async def test_workers_are_ready_when_all_are_at_the_same_time_in_one_generation_of_their_group(tmp_path: Path) -> None:
    rounds: list[tuple[int | None, int | None]] = [(1, None), (None, None), (1, 2), (None, 2), (2, 2)]
    asked = [0, 0]

    def health(number: int) -> Handler:
        async def answer(_: web.BaseRequest) -> web.Response:
            generation = rounds[asked[number]][number]
            asked[number] += 1
            return web.json_response({"generation": generation}, status=200 if generation else 503)

        return answer

    workers = [child(tmp_path, "simulate", "invoices", "--wait", "60") for _ in rounds[0]]
    async with AsyncExitStack() as stack:
        for number, worker in enumerate(workers):
            worker.start()
            stack.push_async_callback(worker.stop)
            runner = web.ServerRunner(web.Server(health(number)))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            assert worker.url
            await web.TCPSite(runner, "127.0.0.1", int(worker.url.rpartition(":")[2])).start()
        await ready(workers, {})
    assert asked == [len(rounds), len(rounds)]


async def test_a_signal_is_named_as_the_cause(tmp_path: Path) -> None:
    killed = child(tmp_path, "simulate", "invoices", "--wait", "60")
    killed.start()
    assert killed.process is not None
    killed.process.kill()
    assert "was killed by signal 9" in killed.obituary(await killed.exited())
