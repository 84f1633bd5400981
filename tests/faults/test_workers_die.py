"""Workers die, leave, join and freeze under load: nothing is lost, nothing is doubled."""

import asyncio
import signal
import time

import pytest

from app import topics
from tests.load import send
from tests.oracle import judge, settled
from tests.workers import Cluster, Worker, eventually

RATE = 2000
pytestmark = pytest.mark.long


async def under_load(cluster: Cluster, seconds: float) -> "asyncio.Task[int]":
    """Begin the load, and come back when results flow."""
    load = asyncio.create_task(
        send(cluster.broker, cluster.topic(topics.invoice_commands), rate=RATE, seconds=seconds), name="load"
    )
    await asyncio.sleep(2)  # of load: what the fault then hits
    return load


async def nothing_lost(cluster: Cluster, load: "asyncio.Task[int]") -> None:
    sent = await load
    log = await settled(cluster.broker, f"{cluster.name}-")
    assert len(log.commands) == sent
    assert judge(log) == []


async def two_workers(cluster: Cluster) -> tuple[Worker, Worker]:
    first, second = cluster.start(), cluster.start()
    await cluster.settled(first, second)
    return first, second


async def moved(cluster: Cluster, *workers: Worker) -> None:
    began = time.monotonic()
    await cluster.settled(*workers)
    print(f"all partitions are ready after {time.monotonic() - began:.1f} s")


async def test_a_killed_worker_loses_and_doubles_nothing(cluster: Cluster) -> None:
    first, second = await two_workers(cluster)
    load = await under_load(cluster, 15)
    second.signal(signal.SIGKILL)
    await moved(cluster, first)
    await nothing_lost(cluster, load)


async def test_a_worker_told_to_end_hands_over_and_is_gone(cluster: Cluster) -> None:
    first, second = await two_workers(cluster)
    load = await under_load(cluster, 10)
    second.signal(signal.SIGTERM)
    assert await second.gone() == 0
    await moved(cluster, first)
    await nothing_lost(cluster, load)


async def test_a_third_worker_joins_under_load(cluster: Cluster) -> None:
    first, second = await two_workers(cluster)
    load = await under_load(cluster, 10)
    third = cluster.start()
    await moved(cluster, first, second, third)
    await nothing_lost(cluster, load)


async def test_each_worker_in_turn_may_be_killed_and_come_back(cluster: Cluster) -> None:
    first, second = await two_workers(cluster)
    load = await under_load(cluster, 40)
    for victim, other in ((first, second), (second, first)):
        victim.signal(signal.SIGKILL)
        await victim.gone()
        await cluster.settled(other)
        victim.start()
        await moved(cluster, first, second)
    await nothing_lost(cluster, load)


async def test_a_frozen_worker_that_gets_its_partition_back_answers_nothing_stale_and_doubles_nothing(
    cluster: Cluster,
) -> None:
    first, second = await two_workers(cluster)
    held = await partitions(cluster, second)
    load = await under_load(cluster, 40)
    frozen_at = time.monotonic()
    second.signal(signal.SIGSTOP)
    await moved(cluster, first)
    await asyncio.sleep(
        max(0, 20 - (time.monotonic() - frozen_at))
    )  # another worker has owned its partitions meanwhile
    second.signal(signal.SIGCONT)
    await moved(cluster, first, second)
    first.signal(signal.SIGTERM)
    await first.gone()
    await cluster.settled(second)
    assert held <= await partitions(cluster, second), "it has again what it held before another worker did"
    await nothing_lost(cluster, load)


async def test_a_worker_frozen_for_less_than_its_session_goes_on(cluster: Cluster) -> None:
    first, second = await two_workers(cluster)
    load = await under_load(cluster, 12)
    second.signal(signal.SIGSTOP)
    await asyncio.sleep(3)  # half a session
    second.signal(signal.SIGCONT)
    await moved(cluster, first, second)
    await nothing_lost(cluster, load)


async def partitions(cluster: Cluster, worker: Worker) -> set[int]:
    async def known() -> set[int]:
        workers = await cluster.workers_now(worker)
        return {task["partition"] for one in workers if one["url"] == worker.url for task in one["tasks"]}

    found: set[int] = await eventually(known)
    return found
