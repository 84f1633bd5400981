"""W1: 400,000 invoice commands that wait in Kafka, judged exactly once: how many a second, and what each costs."""

from app import topics
from benchmarks.arena import PARTITIONS, Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome, Value
from benchmarks.proof import Proof
from benchmarks.records import everything
from benchmarks.watch import Watch
from benchmarks.worker import use
from benchmarks.workload import commands

COMMANDS = 400_000


async def run(options: Options) -> list[Outcome]:
    """Produce, start the workers, wait for the last result, prove the outputs."""
    async with Arena(keep=options.keep) as arena:
        outcome = await judge(arena, options.commands or COMMANDS, options.workers or 1)
    return [outcome]


async def judge(arena: Arena, count: int, workers: int) -> Outcome:
    """Run W1 in an arena; its workers go on running."""
    broker = arena.kafka.broker
    await fill(broker, topics.invoice_commands.name, commands(count))
    for _ in range(workers):
        arena.start_worker()
    watch = Watch(broker, topics.command_results.name, lambda: use(arena.workers))
    await watch.run(least=count, quiet_s=1.0, timeout_s=60 + count / 1000)
    proof = await prove(broker, count)
    return Outcome("w1", "kawka", workers, figures(watch, proof, count, workers), proof.faults())


def figures(watch: Watch, proof: Proof, count: int, workers: int) -> dict[str, Value]:
    """Work out rate and cost from the first to the last result visible."""
    begin, end = watch.span(proof.firsts, proof.lasts)
    seconds = end.at - begin.at
    return {
        "commands": count,
        "rate_per_s": round(count / seconds),
        "cpu_us_per_item": round((end.use.cpu_s - begin.use.cpu_s) / count * 1e6, 1),
        "rss_mb": round(watch.peak_rss / workers / 2**20),
        "seconds": round(seconds, 2),
        "crowding": end.use.crowding(begin.use),
    }


async def prove(broker: str, count: int, prefix: str = "", snapshots: str = "", partitions: int = PARTITIONS) -> Proof:
    """Read all outputs back, as any client could; `prefix` begins the topics' names, unless `snapshots` is named."""
    proof = Proof(count)
    takers = {
        prefix + topics.command_results.name: proof.results,
        prefix + topics.invoice_events.name: proof.events,
        snapshots or prefix + topics.invoice_snapshots.name: proof.snapshots,
    }
    for topic, take in takers.items():
        async for records in everything(broker, topic, partitions):
            take(records)
    return proof
