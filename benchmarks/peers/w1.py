"""W1, one contender after the other on the same Kafka: a warm-up that counts apart, then the commands that count."""

from collections.abc import Sequence

from benchmarks.feed import fill
from benchmarks.outcome import Outcome, Value
from benchmarks.peers.contender import Contender, Verdict
from benchmarks.peers.play import Ground, attempt, processes
from benchmarks.watch import Watch
from benchmarks.worker import use
from benchmarks.workload import commands

WARM_UP = 100_000
QUIET_S = 3.0  # longer than any of them takes from one commit to the next


async def warm(ground: Ground, contenders: Sequence[Contender]) -> None:
    """Let the first ones play a turn that does not count: Kafka's own code is compiled while it works."""
    for one in contenders[:2]:
        await attempt("warm-up", one, lambda one=one: turn(ground, one, WARM_UP))


async def turn(ground: Ground, contender: Contender, count: int) -> Outcome:
    """Fill its topics, start it, wait for the last result, end it, prove its outputs."""
    count = min(count, contender.most)
    warmth = max(10, count // 4 // 10 * 10)
    async with ground.stage(contender.key) as stage:
        await fill(stage.broker, stage.commands, commands(warmth, "warm-up"), stage.partitions)
        await fill(stage.broker, stage.commands, commands(count), stage.partitions)
        async with processes(contender, stage) as workers:
            watch = Watch(stage.broker, stage.results, lambda: use(workers), stage.partitions)
            await watch.run(least=warmth + count, quiet_s=QUIET_S, timeout_s=60 + (warmth + count) / 500)
        disk = stage.megabytes()
        verdict = await contender.prove(stage, warmth + count)
        figures = {**_figures(watch, verdict, warmth, count), "disk_mb": disk, **ground.kafka_disk(stage)}
    return Outcome("w1", contender.system, contender.workers, {"key": contender.key, **figures}, verdict.faults)


def _figures(watch: Watch, verdict: Verdict, warmth: int, count: int) -> dict[str, Value]:
    if sum(map(len, verdict.offsets.values())) < warmth + count:
        return {}
    begin, before, end = watch.after(verdict.offsets, warmth)
    start, already, _ = watch.after(verdict.offsets, 1)
    counted, seconds = warmth + count - before, max(end.at - begin.at, 1e-9)
    return {
        "commands": count,
        "rate_per_s": round(counted / seconds),
        "with_warm_up_per_s": round((warmth + count - already) / max(end.at - start.at, 1e-9)),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / counted * 1e6, 1),
        "rss_mb": round(watch.peak_rss / 2**20),
        "seconds": round(seconds, 2),
        "crowding": end.use.crowding(begin.use),
    }
