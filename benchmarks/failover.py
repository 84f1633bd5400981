"""Failover: one of two workers ends under 2,000 commands a second; how long each partition stands still."""

import asyncio
import time
from collections.abc import Iterable
from itertools import pairwise

import aiohttp

from app import topics
from benchmarks.arena import PARTITIONS, Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.sender import Sender
from benchmarks.sight import Seen, sight
from benchmarks.w1 import prove
from benchmarks.workload import commands

RATE = 2000
SECONDS = 30
CALM_S = 8.0  # before the end of the worker
WARM_UP = 2000


async def run(options: Options) -> list[Outcome]:
    """End a worker with signal 9, and one in good order."""
    return [await end(options, kill=True), await end(options, kill=False)]


async def end(options: Options, *, kill: bool) -> Outcome:
    """Measure one end of a worker."""
    rate = options.rate or RATE
    count = options.commands or rate * SECONDS
    async with Arena(keep=options.keep) as arena:
        broker = arena.kafka.broker
        survivor, victim = arena.start_worker(), arena.start_worker()
        await arena.ready()
        async with sight(broker, topics.command_results.name) as eye:
            await fill(broker, topics.invoice_commands.name, commands(WARM_UP, "warm-up"))
            await eye.until(WARM_UP, 60)
            lost = await _owned(victim.url)
            sender = Sender(broker, topics.invoice_commands.name, count, rate, "failover", arena.directory)
            await eye.until(WARM_UP + 1, 60)
            await asyncio.sleep(CALM_S)
            at = time.monotonic_ns()
            if kill:
                victim.kill()
            else:
                await victim.stop()
            gone_s = (time.monotonic_ns() - at) / 1e9
            await eye.until(WARM_UP + count, 120)
        sender.sent()
        use = survivor.use()
        proof = await prove(broker, WARM_UP + count)
    stalls = stalled(eye.seen.values(), at)
    figures = {
        "at_rate_per_s": rate,
        "commands": count,
        "partitions_lost": len(lost),
        "all_moving_s": round(max(stalls[p][1] for p in lost), 2),
        "stall_lost_s": round(max(stalls[p][0] for p in lost), 2),
        "stall_kept_s": round(max(stalls[p][0] for p in range(PARTITIONS) if p not in lost), 2),
        "gone_s": round(gone_s, 2),
        "rss_mb": round(use.rss / 2**20),
    }
    faults = (*proof.faults(), *(() if 0 < len(lost) < PARTITIONS else ("one worker had all partitions",)))
    return Outcome("failover", "kawka, kill -9" if kill else "kawka, SIGTERM", 2, figures, faults)


def stalled(seen: Iterable[Seen], at_ns: int) -> dict[int, tuple[float, float]]:
    """Give for each partition its longest silence after `at_ns`, and how long after `at_ns` that ended, in s."""
    moments: dict[int, list[int]] = {}
    for partition, moment in sorted(seen):
        moments.setdefault(partition, []).append(moment)
    longest = {}
    for partition, times in moments.items():
        # a silence that began before counts from its beginning: the last result may have come just before
        gaps = [(now - before, now) for before, now in pairwise(times) if now > at_ns]
        silence, ended = max(gaps, default=(0, at_ns))
        longest[partition] = (silence / 1e9, (ended - at_ns) / 1e9)
    return longest


async def _owned(url: str) -> set[int]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/workers") as answer:
        workers = await answer.json()
    return {task["partition"] for worker in workers if worker["url"] == url for task in worker["tasks"]}
