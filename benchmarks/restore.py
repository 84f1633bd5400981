"""Restore: a worker that lost its directory brings W1's state back from Kafka."""

import asyncio
import shutil
import time
from typing import Any, NamedTuple

import aiohttp

from benchmarks.arena import Arena
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.w1 import COMMANDS, judge
from benchmarks.workload import LAST_VERSION, commands

POLL_S = 0.05
ASKED = 200  # invoices asked for afterwards


class Progress(NamedTuple):
    """What all tasks of the worker had restored at a moment (monotonic s)."""

    at: float
    records: int
    octets: int
    ready: bool


async def run(options: Options) -> list[Outcome]:
    """Judge W1, stop the worker, delete what it kept, start it and watch."""
    count = options.commands or COMMANDS
    async with Arena(keep=options.keep) as arena:
        judged = await judge(arena, count, 1)
        await arena.workers[0].stop()
        shutil.rmtree(arena.workers[0].data_dir)
        began = time.monotonic()
        worker = arena.start_worker(1)
        async with aiohttp.ClientSession() as session:
            samples = await _watch(session, worker.url)
            use = worker.use()
            wrong = await _wrong(session, worker.url, count)
    idle = [sample for sample in samples if not sample.records]
    first, last = (idle or samples)[-1 if idle else 0], samples[-1]
    seconds = last.at - first.at
    figures = {
        "records": last.records,
        "mb": round(last.octets / 2**20),
        "rate_per_s": round(last.records / seconds),
        "mb_per_s": round(last.octets / 2**20 / seconds, 1),
        "restore_s": round(seconds, 2),
        "start_to_ready_s": round(last.at - began, 2),
        "cpu_us_per_item": round(use.cpu_s / last.records * 1e6, 1),
        "rss_mb": round(use.rss / 2**20),
    }
    faults = (*judged.faults, *([f"{wrong} of {ASKED} invoices are not what they were"] if wrong else []))
    return [Outcome("restore", "kawka", 1, figures, faults)]


async def _watch(session: aiohttp.ClientSession, url: str) -> list[Progress]:
    samples: list[Progress] = []
    async with asyncio.timeout(300):
        while not samples or not samples[-1].ready:
            tasks = await _tasks(session, url)
            if tasks:
                ready = all(task["state"] == "ready" for task in tasks)
                records, octets = (sum(task[name] for task in tasks) for name in ("restored", "restoredBytes"))
                samples.append(Progress(time.monotonic(), records, octets, ready))
            await asyncio.sleep(POLL_S)
    return samples


async def _tasks(session: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    try:
        async with session.get(f"{url}/api/workers") as answer:
            return [task for worker in await answer.json() for task in worker["tasks"]] if answer.status == 200 else []
    except (aiohttp.ClientError, TimeoutError):
        return []


async def _wrong(session: aiohttp.ClientSession, url: str, count: int) -> int:
    keys = list(dict.fromkeys(command.key.decode() for command in commands(count)))
    wrong = 0
    for key in keys[:: max(1, len(keys) // ASKED)][:ASKED]:
        async with session.get(f"{url}/api/invoices/{key}") as answer:
            invoice = await answer.json()
            wrong += (invoice.get("status"), invoice.get("version")) != ("Paid", LAST_VERSION)
    return wrong
