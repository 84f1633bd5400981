"""W2, one contender after the other on the same Kafka: truck positions that show in one moment, to the last output."""

import asyncio
import time
from collections.abc import Sequence
from itertools import islice

from app import topics
from benchmarks.feed import fill, hidden
from benchmarks.outcome import Outcome, Value
from benchmarks.peers.contender import Contender
from benchmarks.peers.play import Ground, attempt, processes
from benchmarks.peers.stage import Stage
from benchmarks.peers.w2_proof import Proof
from benchmarks.records import everything
from benchmarks.trucks import EVERY, drivers, positions
from benchmarks.watch import Sample, Watch
from benchmarks.worker import Worker, use

WARM_UP = 200_000
QUIET_S = 3.0  # longer than any of them takes from one commit to the next
OUTPUTS = (topics.dangerous_driving, topics.dangerous_driving_driver, topics.dangerous_driving_windowed)


async def warm(ground: Ground, contenders: Sequence[Contender]) -> None:
    """Let the first ones play a turn that does not count: Kafka's own code is compiled while it works."""
    for one in contenders[:2]:
        await attempt("warm-up", one, lambda one=one: turn(ground, one, 50_000, 50_000))


async def turn(ground: Ground, contender: Contender, count: int, warmth: int = WARM_UP) -> Outcome:
    """Fill its topics, let it work off a warm-up, show it the positions that count, end it, prove its outputs.

    The warm-up cannot be told apart in the outputs: who lets all trucks come before all joins would seem to have begun
    late. So the positions that count are there, but hidden, until it is done with the rest.
    """
    async with ground.stage(contender.key, services=("trucking",)) as stage:
        source = positions(warmth + count)
        name = stage.topic(topics.truck_position)
        await fill(stage.broker, stage.topic(topics.trucking_driver), drivers(), stage.partitions)
        await fill(stage.broker, name, islice(source, warmth), stage.partitions)
        async with hidden(stage.broker, name, source, stage.partitions) as show, processes(contender, stage) as workers:
            await _settled(contender, workers)
            await _watch(stage, workers, warmth)
            begin = Sample(time.monotonic(), {}, use(workers))
            await show()
            watch = await _watch(stage, workers, warmth + count)
        disk = stage.megabytes()
        proof = await prove(contender, stage, warmth + count)
        faults = proof.faults()
        figures = {**_figures(begin, watch, proof, count), "disk_mb": disk, **ground.kafka_disk(stage)}
    return Outcome("w2", contender.system, contender.workers, {"key": contender.key, **figures}, faults)


async def prove(contender: Contender, stage: Stage, count: int) -> Proof:
    """Read all outputs back, as any client could."""
    proof = Proof(count)
    dangerous, joined, windowed = (stage.topic(topic) for topic in OUTPUTS)
    takers = {
        dangerous: proof.dangerous,
        joined: proof.joined,
        windowed: proof.windowed,
        contender.by_type(stage): proof.by_type,
    }
    if trucks := contender.trucks(stage):
        takers[trucks] = proof.trucks
    for topic, take in takers.items():
        async for records in everything(stage.broker, topic, stage.partitions):
            take(records)
    return proof


async def _settled(contender: Contender, workers: list[Worker]) -> None:
    """Wait until each process has partitions. TimeoutError."""
    async with asyncio.timeout(120):
        while not all([await contender.owned(worker) for worker in workers]):
            await asyncio.sleep(0.2)


async def _watch(stage: Stage, workers: list[Worker], count: int) -> Watch:
    """Wait until all outputs of `count` positions are there."""
    first, *more = (stage.topic(topic) for topic in OUTPUTS)
    watch = Watch(stage.broker, first, lambda: use(workers), stage.partitions, *more)
    await watch.run(least=2 * count // EVERY, quiet_s=QUIET_S, timeout_s=120 + count / 2000)
    return watch


def _figures(begin: Sample, watch: Watch, proof: Proof, count: int) -> dict[str, Value]:
    end = next(s for s in watch.samples if all(s.ends[tp] > last for tp, last in proof.ends.items()))
    seconds = max(end.at - begin.at, 1e-9)
    return {
        "positions": count,
        "rate_per_s": round(count / seconds),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / count * 1e6, 2),
        "rss_mb": round(watch.peak_rss / 2**20),
        "seconds": round(seconds, 2),
        "crowding": end.use.crowding(begin.use),
        "windows": len(proof.expected.closed()),
        "late": proof.expected.late,
    }
