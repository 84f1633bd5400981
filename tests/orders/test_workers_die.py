"""The saga on two workers that are killed in turn: every order has one fate, and all figures agree."""

import asyncio
import signal

import pytest

from tests.orders import crowd
from tests.orders.shop import Shop
from tests.orders.test_replay import differences
from tests.workers import eventually

RATE = 200
SECONDS = 45
ENV = {"KAWKA_PAYMENT_WAIT_S": "20", "KAWKA_JOIN_GRACE_S": "1"}


@pytest.mark.long
async def test_every_order_has_one_fate_though_each_worker_is_killed_in_turn(mortal: Shop) -> None:
    cluster, count = mortal.cluster, RATE * SECONDS
    first, second = cluster.start(**ENV), cluster.start(**ENV)
    await cluster.settled(first, second)
    await crowd.open_up(mortal)
    customers = asyncio.create_task(crowd.order(mortal, count=count, rate=RATE))
    for victim, other in ((first, second), (second, first)):
        await asyncio.sleep(3)  # of orders: what the kill then hits
        victim.signal(signal.SIGKILL)
        await victim.gone()
        await cluster.settled(other)
        victim.start(**ENV)
        await cluster.settled(first, second)
    await customers

    async def settled() -> bool:
        return await crowd.settled(mortal, count)

    await eventually(settled, 120, "that every order is settled")
    assert await crowd.wrong(mortal, count) == []
    assert await differences(mortal, **ENV) == []
