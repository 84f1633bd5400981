"""Restore: a contender that lost its directory brings the state of many keys back from Kafka."""

import asyncio
import re
import shutil
import time
from itertools import islice

from benchmarks.feed import fill
from benchmarks.outcome import Outcome, Value
from benchmarks.peers.contender import Contender
from benchmarks.peers.play import Ground, processes
from benchmarks.peers.stage import Stage
from benchmarks.records import consumer, partitions
from benchmarks.watch import Watch
from benchmarks.worker import Worker, use
from benchmarks.workload import additions, creations

POLL_S = 0.05
ASKED = 500
TIMEOUT_S = 600
ANSWER_S = 30
_RESULT = re.compile(rb'"commandId":"([^"]+)".*?"version":(\d+)').search


async def turn(ground: Ground, contender: Contender, keys: int) -> Outcome:
    """Make an invoice a key, stop, delete what it kept, start, watch, then ask whether it knows."""
    async with ground.stage(contender.key) as stage:
        await fill(stage.broker, stage.commands, creations(keys), stage.partitions)
        async with processes(contender, stage) as workers:
            watch = Watch(stage.broker, stage.results, lambda: use(workers), stage.partitions)
            await watch.run(least=keys, quiet_s=3.0, timeout_s=60 + keys / 1000)
        for worker in workers:
            shutil.rmtree(worker.data_dir, ignore_errors=True)
            worker.log.unlink(missing_ok=True)
        figures, faults = await _restore(contender, stage, keys)
    return Outcome("restore", contender.system, contender.workers, {"key": contender.key, **figures}, faults)


async def _restore(contender: Contender, stage: Stage, keys: int) -> tuple[dict[str, Value], tuple[str, ...]]:
    began = time.monotonic()
    async with processes(contender, stage) as workers, asyncio.timeout(TIMEOUT_S):
        since, records = await _watch(contender, workers, began)
        ready, taken = time.monotonic(), use(workers)
        faults = await _unknown(stage, keys)
    seconds = ready - since
    figures: dict[str, Value] = {
        "keys": keys,
        "records": records,
        "rate_per_s": round(records / seconds),
        "restore_s": round(seconds, 2),
        "start_to_ready_s": round(ready - began, 2),
        "cpu_us_per_item": round(taken.cpu_s / max(records, 1) * 1e6, 1),
        "rss_mb": round(taken.rss / 2**20),
        "disk_mb": stage.megabytes(),
    }
    return figures, faults


async def _watch(contender: Contender, workers: list[Worker], began: float) -> tuple[float, int]:
    """Wait until all are at work; since when they restored, and how many records."""
    since = began
    while True:
        at = time.monotonic()
        states = [await contender.restored(worker) for worker in workers]
        records = sum(one.records for one in states)
        if not records:
            since = at
        if all(one.ready for one in states):
            said = [one.since for one in states if one.since is not None]
            return min(said, default=since), records
        await asyncio.sleep(POLL_S)


async def _unknown(stage: Stage, keys: int) -> tuple[str, ...]:
    """Ask some invoices for one more line item: version 3 is right, for whoever knows the two events before."""
    asked = list(additions(islice((one.key for one in creations(keys)), 0, None, max(1, keys // ASKED))))
    ids, right = {command.id.encode() for command in asked}, set[bytes]()
    async with consumer(stage.broker) as reader:
        reader.assign(partitions(stage.results, stage.partitions))
        await reader.seek_to_end()
        for tp in reader.assignment():
            await reader.position(tp)
        await fill(stage.broker, stage.commands, asked, stage.partitions)
        until = time.monotonic() + ANSWER_S
        while len(right) < len(ids) and time.monotonic() < until:
            for records in (await reader.getmany(timeout_ms=500)).values():
                said = (_RESULT(record.value) for record in records)
                right |= {one[1] for one in said if one and one[2] == b"3"} & ids
    missing = len(ids - right)
    return (f"{missing} of {len(ids)} invoices are not what they were",) if missing else ()
