"""Latency at a rate, one contender after the other: from a command handed to a client to its committed result seen."""

from benchmarks.feed import fill
from benchmarks.outcome import Outcome, quantile
from benchmarks.peers.contender import Contender
from benchmarks.peers.play import Ground, processes
from benchmarks.sender import Sender
from benchmarks.sight import sight
from benchmarks.worker import use
from benchmarks.workload import commands

SECONDS = 15
WARM_UP = 50_000
CALM_S = 4  # at the rate, before what counts


async def turn(ground: Ground, contender: Contender, rate: int) -> Outcome:
    """Let it catch up with a warm-up first, so that its code is compiled, then keep the rate."""
    count, calm = rate * SECONDS, rate * CALM_S
    warm = min(WARM_UP, contender.most)
    async with ground.stage(contender.key) as stage:
        await fill(stage.broker, stage.commands, commands(warm, "warm-up"), stage.partitions)
        async with sight(stage.broker, stage.results, stage.partitions) as eye, processes(contender, stage) as workers:
            await eye.until(warm, 180)
            Sender(stage.broker, stage.commands, calm, rate, "calm", stage.directory).sent()
            await eye.until(warm + calm, 60)
            before = use(workers)
            sender = Sender(stage.broker, stage.commands, count, rate, "latency", stage.directory)
            await eye.until(warm + calm + count, 60 + SECONDS)
            after = use(workers)
            sent = sender.sent()
        verdict = await contender.prove(stage, warm + calm + count)
    asked = zip(commands(count, "latency"), sent, strict=True)
    waits = [(eye.seen[command.id].at_ns - at) / 1e6 for command, at in asked]
    figures = {
        "key": contender.key,
        "at_rate_per_s": rate,
        "commands": count,
        "p50_ms": round(quantile(waits, 0.5), 1),
        "p99_ms": round(quantile(waits, 0.99), 1),
        "max_ms": round(max(waits), 1),
        "cpu_us_per_item": round((after.cpu_s - before.cpu_s) / count * 1e6, 1),
        "rss_mb": round(after.rss / 2**20),
        "crowding": after.crowding(before),
    }
    return Outcome("latency", contender.system, contender.workers, figures, verdict.faults)
