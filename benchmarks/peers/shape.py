"""Shape: what a command costs as partitions go from 4 to 64, and as keys go from 10^4 to 10^7."""

import random
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from app import codec, topics
from app.domain.invoices import Invoice, LineItem
from app.topics import Topic
from benchmarks.feed import fill, hidden
from benchmarks.outcome import Outcome, Value
from benchmarks.peers.contender import Contender
from benchmarks.peers.play import Ground, processes
from benchmarks.peers.stage import Stage
from benchmarks.proof import Proof
from benchmarks.records import everything
from benchmarks.watch import Watch
from benchmarks.worker import use
from benchmarks.workload import Command, payments

COMMANDS = 200_000
KEYS, PARTITIONS = 40_000, 8  # of what does not vary
POINTS = (
    *((partitions, KEYS) for partitions in (4, 8, 16, 32, 64)),
    *((PARTITIONS, keys) for keys in (10_000, 100_000, 1_000_000, 10_000_000)),
)
QUIET_S = 3.0


async def turn(ground: Ground, contender: Contender, partitions: int, keys: int) -> Outcome:
    """Put the snapshots of so many invoices into its changelog, let it restore them, have cents paid on some.

    Some partitions are restored long before others: what counts is hidden until all have done the warm-up.
    """
    count = min(COMMANDS, contender.most)
    warm = count // 4
    async with ground.stage(contender.key, partitions) as stage:
        await _preload(contender, stage, keys)
        todo = payments(_some(keys, warm + count))
        await fill(stage.broker, stage.commands, islice(todo, warm), partitions)
        hiding = hidden(stage.broker, stage.commands, todo, partitions)
        async with hiding as show, processes(contender, stage) as workers:
            watch = Watch(stage.broker, stage.results, lambda: use(workers), partitions)
            await watch.run(least=warm, quiet_s=QUIET_S, timeout_s=240 + keys / 5000)
            began, before = time.monotonic(), use(workers)
            await show()
            await watch.run(least=warm + count, quiet_s=QUIET_S, timeout_s=240)
        disk = stage.megabytes()
        proof = Proof(warm + count)
        async for records in everything(stage.broker, stage.results, partitions):
            proof.results(records)
    figures: dict[str, Value] = {"key": contender.key, "partitions": partitions, "keys": keys, "commands": count}
    faults = proof.undecided()
    if not faults:
        end = watch.span(proof.firsts, proof.lasts)[1]
        figures |= {
            "rate_per_s": round(count / (end.at - began)),
            "cpu_us_per_item": round((end.use.cpu_s - before.cpu_s) / count * 1e6, 1),
            "rss_mb": round(watch.peak_rss / 2**20),
            "disk_mb": disk,
        }
    return Outcome("shape", contender.system, contender.workers, figures, faults)


async def _preload(contender: Contender, stage: Stage, keys: int) -> None:
    changelog = contender.changelog(stage)
    if changelog != stage.topic(topics.invoice_snapshots):
        await stage.build(Topic(changelog.removeprefix(stage.prefix), key="invoiceId", compact=True))
    await fill(stage.broker, changelog, _snapshots(keys), stage.partitions)


def _key(number: int) -> str:
    return f"invoice-{number:028}"  # as long as a UUID


def _snapshots(keys: int) -> Iterator[Command]:
    price = Decimal("10000.00")
    invoice = Invoice(
        "-", "Customer", "customer@example.com", "2026-01-15", "2026-02-15",
        (LineItem("Line item", "1", str(price)),), "Draft", price, Decimal("0.00"), price, 2,
    )  # fmt: skip
    before, after = codec.encode(invoice).split(b'"-"', 1)
    for number in range(keys):
        key = _key(number).encode()
        yield Command("", key, b'%b"%b"%b' % (before, key, after))


def _some(keys: int, count: int) -> Iterator[bytes]:
    source = random.Random("shape")  # noqa: S311 -- no secret: the same in every run
    return (_key(source.randrange(keys)).encode() for _ in range(count))
