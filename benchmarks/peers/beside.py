"""Stock Faust beside ours: the same W1, one after the other in one run, each on a Kafka of its own."""

import sys

from app import topics
from app.local.process import free_port
from benchmarks import w1
from benchmarks.arena import Arena
from benchmarks.feed import fill
from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.watch import Watch
from benchmarks.worker import Worker, use
from benchmarks.workload import commands

COMMANDS = 30_000  # half a minute of it
MODULE = "benchmarks.peers.faust_stock"
CHANGELOG = "stock-faust-invoices-changelog"


async def run(options: Options) -> list[Outcome]:
    """Measure stock Faust, then ours; ours says how many times faster it is."""
    theirs = await stock(options)
    (ours,) = await w1.run(options._replace(commands=0, workers=1))
    ratio = round(float(ours.figures["rate_per_s"] or 0) / float(theirs.figures["rate_per_s"] or 1), 1)
    return [theirs, ours._replace(benchmark="faust", figures={**ours.figures, "times_stock_faust": ratio})]


async def stock(options: Options) -> Outcome:
    """Run W1 by one stock Faust worker."""
    count = options.commands or COMMANDS
    async with Arena(keep=options.keep) as arena:
        broker = arena.kafka.broker
        await fill(broker, topics.invoice_commands.name, commands(count))
        arena.workers.append(_worker(arena))
        watch = Watch(broker, topics.command_results.name, lambda: use(arena.workers))
        await watch.run(least=count, quiet_s=3.0, timeout_s=120 + count / 100)
        proof = await w1.prove(broker, count, snapshots=CHANGELOG)
        return Outcome("faust", "stock Faust, at least once", 1, w1.figures(watch, proof, count, 1), proof.faults())


def _worker(arena: Arena) -> Worker:
    port, data_dir = free_port(), arena.directory / "faust"
    env = {"PEER_BROKER": arena.kafka.broker, "PEER_DATA_DIR": str(data_dir), "PEER_PORT": str(port)}
    command = [sys.executable, "-m", MODULE, "worker", "--web-port", str(port)]
    return Worker(command, env, data_dir, arena.directory / "faust.log", f"http://127.0.0.1:{port}")
