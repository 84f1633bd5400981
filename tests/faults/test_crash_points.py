"""kill -9 at each step of a transaction and of a restore."""

import shutil
import signal

import pytest

from app import topics
from app.engine import crash
from tests.load import send
from tests.oracle import judge, settled
from tests.workers import Cluster

pytestmark = pytest.mark.long


async def some_load(cluster: Cluster, seed: int) -> None:
    topic = cluster.topic(topics.invoice_commands)
    await send(cluster.broker, topic, rate=2000, seconds=2, seed=seed, start=seed * 100_000)


@pytest.mark.parametrize("point", [crash.UNCOMMITTED, crash.COMMITTED, crash.WRITTEN])
async def test_a_crash_in_a_transaction_loses_and_doubles_nothing(cluster: Cluster, point: str) -> None:
    worker = cluster.start(KAWKA_CRASH_AT=f"{point}:20")
    await cluster.settled()
    for seed in range(1, 31):
        await some_load(cluster, seed)
        if worker.process.poll() is not None:  # a slow machine takes all that waits in one transaction a partition
            break
    assert await worker.gone() == -signal.SIGKILL
    worker.start(KAWKA_CRASH_AT="")
    await cluster.settled()
    await some_load(cluster, seed + 1)
    assert judge(await settled(cluster.broker, f"{cluster.name}-")) == []


async def test_a_crash_in_the_middle_of_a_restore_is_restored_again(cluster: Cluster) -> None:
    worker = cluster.start()
    await cluster.settled()
    await some_load(cluster, 1)
    await settled(cluster.broker, f"{cluster.name}-")
    await worker.stop()
    shutil.rmtree(worker.data_dir)
    worker.start(KAWKA_CRASH_AT=f"{crash.RESTORING}:5")
    assert await worker.gone() == -signal.SIGKILL
    worker.start(KAWKA_CRASH_AT="")
    await cluster.settled()
    await some_load(cluster, 2)
    assert judge(await settled(cluster.broker, f"{cluster.name}-")) == []
