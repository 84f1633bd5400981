"""Kill -9 of one of two processes under a rate, one contender after the other: how long each partition stands still."""

import asyncio
import time

from benchmarks.failover import stalled
from benchmarks.feed import fill
from benchmarks.outcome import Outcome
from benchmarks.peers.contender import Contender
from benchmarks.peers.play import Ground, processes
from benchmarks.sender import Sender
from benchmarks.sight import sight
from benchmarks.worker import Worker
from benchmarks.workload import commands

RATE = 1000
SECONDS = 70  # longer than the longest session timeout, so that a partition's silence has an end to be seen
CALM_S = 8.0
WARM_UP = 20_000


async def turn(ground: Ground, contender: Contender, rate: int) -> Outcome:
    """End the second process, which has a share of the partitions."""
    count = rate * SECONDS
    async with ground.stage(contender.key) as stage:
        await fill(stage.broker, stage.commands, commands(WARM_UP, "warm-up"), stage.partitions)
        async with sight(stage.broker, stage.results, stage.partitions) as eye, processes(contender, stage) as workers:
            await eye.until(WARM_UP, 180)
            victim = workers[-1]
            lost = await _lost(contender, workers, stage.partitions)
            sender = Sender(stage.broker, stage.commands, count, rate, "failover", stage.directory)
            await eye.until(WARM_UP + 1, 60)
            await asyncio.sleep(CALM_S)
            at = time.monotonic_ns()
            victim.kill()
            await eye.until(WARM_UP + count, SECONDS + 120)
            sender.sent()
        verdict = await contender.prove(stage, WARM_UP + count)
    stalls = stalled(eye.seen.values(), at)
    figures = {
        "key": contender.key,
        "at_rate_per_s": rate,
        "commands": count,
        "partitions_lost": len(lost),
        "all_moving_s": round(max(stalls[p][1] for p in lost), 2),
        "stall_lost_s": round(max(stalls[p][0] for p in lost), 2),
        "stall_kept_s": round(max(stalls[p][0] for p in range(stage.partitions) if p not in lost), 2),
    }
    return Outcome("failover", f"{contender.system}, kill -9", contender.workers, figures, verdict.faults)


async def _lost(contender: Contender, workers: list[Worker], count: int) -> set[int]:
    """Wait until each has partitions and all are had; those of the last one. TimeoutError."""
    async with asyncio.timeout(120):
        while True:
            owned = [await contender.owned(worker) for worker in workers]
            if all(owned) and sum(map(len, owned)) == count:
                return owned[-1]
            await asyncio.sleep(0.2)
