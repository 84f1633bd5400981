"""Latency: from a command handed to a Kafka client to its result visible to one that reads what is committed."""

from app import topics
from benchmarks.arena import Arena
from benchmarks.options import Options
from benchmarks.outcome import Outcome, quantile
from benchmarks.sender import Sender
from benchmarks.sight import sight
from benchmarks.w1 import prove
from benchmarks.worker import use
from benchmarks.workload import commands

RATES = (100, 500, 2000)
SECONDS = 15
WARM_UP_S = 40  # of the same rate: a Kafka just started is slow until its code is compiled


async def run(options: Options) -> list[Outcome]:
    """Measure at each rate, on workers started for it."""
    return [await measure(options, rate) for rate in ([options.rate] if options.rate else RATES)]


async def measure(options: Options, rate: int) -> Outcome:
    """Keep a rate for some seconds."""
    count = options.commands or rate * SECONDS
    async with Arena(keep=options.keep) as arena:
        broker, workers = arena.kafka.broker, options.workers or 1
        for _ in range(workers):
            arena.start_worker()
        await arena.ready()
        async with sight(broker, topics.command_results.name) as eye:
            warm = rate * WARM_UP_S
            Sender(broker, topics.invoice_commands.name, warm, rate, "warm-up", arena.directory)
            await eye.until(warm, 60 + WARM_UP_S)
            before = use(arena.workers)
            sender = Sender(broker, topics.invoice_commands.name, count, rate, "latency", arena.directory)
            await eye.until(warm + count, 60 + count / rate)
            after = use(arena.workers)
        sent = sender.sent()
        proof = await prove(broker, warm + count)
    waits = [
        (eye.seen[command.id].at_ns - at) / 1e6 for command, at in zip(commands(count, "latency"), sent, strict=True)
    ]
    figures = {
        "at_rate_per_s": rate,
        "commands": count,
        "p50_ms": round(quantile(waits, 0.5), 1),
        "p99_ms": round(quantile(waits, 0.99), 1),
        "max_ms": round(max(waits), 1),
        "cpu_us_per_item": round((after.cpu_s - before.cpu_s) / count * 1e6, 1),
        "rss_mb": round(after.rss / workers / 2**20),
        "crowding": after.crowding(before),
    }
    return Outcome("latency", "kawka", workers, figures, proof.faults())
