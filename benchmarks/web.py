"""HTTP: commands at 200 a second, and GETs of invoices as fast as they are answered, here or by the other worker."""

import asyncio
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from app import topics
from benchmarks.arena import Arena
from benchmarks.feed import fill, partition
from benchmarks.hammer import Answer, Request
from benchmarks.latency import WARM_UP_S
from benchmarks.options import Options
from benchmarks.outcome import Outcome, quantile
from benchmarks.sight import sight
from benchmarks.workload import Command, commands

RATE = 200
SECONDS = 15
GETS = 20_000
CONNECTIONS = 16
WARM_UP = 2000


async def run(options: Options) -> list[Outcome]:
    """Two workers: each call goes to the first, whoever owns the key."""
    rate = options.rate or RATE
    count = options.commands or rate * SECONDS
    async with Arena(keep=options.keep) as arena:
        first = arena.start_worker()
        arena.start_worker()
        await arena.ready()
        asked = list(commands(WARM_UP, "warm-up"))
        async with sight(arena.kafka.broker, topics.command_results.name) as eye:
            await fill(arena.kafka.broker, topics.invoice_commands.name, asked)
            await eye.until(WARM_UP, 60)
        own = await _owned(first.url)
        keys = list(dict.fromkeys(command.key for command in asked))
        here = [key for key in keys if partition(key) in own]
        there = [key for key in keys if partition(key) not in own]
        call = Caller(first.url, arena.directory)
        await call([_post(one) for one in commands(rate * WARM_UP_S, "more warm-up")], rate)
        outcomes = [_commands(await call([_post(one) for one in commands(count, "http")], rate), rate)]
        for name, chosen in (("GET, local", here), ("GET, forwarded", there)):
            await call(_gets(chosen, GETS // 10), 0)
            before = [worker.use().cpu_s for worker in arena.workers]
            answers = await call(_gets(chosen, GETS), 0)
            after = [worker.use().cpu_s for worker in arena.workers]
            outcomes.append(_reads(name, answers, sum(after) - sum(before)))
        return outcomes


class Caller:
    """Runs the load generator against one worker."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url = URL(url)
        self._file = directory / "answers"

    async def __call__(self, requests: list[Request], rate: float) -> list[Answer]:
        """Ask; the answers in the order in which they came."""
        where = [str(self._url.host), str(self._url.port), str(CONNECTIONS), str(rate), str(self._file)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.hammer", *where, stdin=asyncio.subprocess.PIPE
        )
        await process.communicate(b"\n".join(msgspec.json.encode(request) for request in requests))
        if process.returncode:
            raise RuntimeError("the load generator failed")
        return msgspec.json.decode(self._file.read_bytes(), type=list[Answer])


def _post(command: Command) -> Request:
    return "POST", f"/api/invoices/{command.key.decode()}/commands", command.value.decode()


def _gets(keys: list[bytes], count: int) -> list[Request]:
    return [("GET", f"/api/invoices/{key.decode()}", "") for key in islice(cycle(keys), count)]


def _commands(answers: list[Answer], rate: int) -> Outcome:
    return Outcome("http", "kawka, commands", 2, {"at_rate_per_s": float(rate), **_waits(answers)}, _faults(answers))


def _reads(name: str, answers: list[Answer], cpu_s: float) -> Outcome:
    seconds = (max(answer[2] for answer in answers) - min(answer[1] for answer in answers)) / 1e9
    figures: dict[str, Any] = {"rate_per_s": round(len(answers) / seconds)} | _waits(answers)
    figures["cpu_us_per_item"] = round(cpu_s / len(answers) * 1e6, 1)
    return Outcome("http", f"kawka, {name}", 2, figures, _faults(answers))


def _waits(answers: list[Answer]) -> dict[str, float]:
    waits = [(answered - sent) / 1e6 for _, sent, answered in answers]
    return {
        "requests": len(answers),
        "p50_ms": round(quantile(waits, 0.5), 1),
        "p99_ms": round(quantile(waits, 0.99), 1),
    }


def _faults(answers: list[Answer]) -> tuple[str, ...]:
    wrong = [answer[0] for answer in answers if answer[0] != 200]
    return (f"{len(wrong)} answers were not 200 but {sorted(set(wrong))}",) if wrong else ()


async def _owned(url: str) -> set[int]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/workers") as answer:
        workers = await answer.json()
    return {task["partition"] for worker in workers if worker["url"] == url for task in worker["tasks"]}
