"""Callers who wait for orders while workers die, join and leave: none of them is lost."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.views.calls import assert_problem, client, get, held_by, id_in, new_id
from tests.views.orders import new_order, new_product, place, stock
from tests.workers import Cluster, eventually

pytestmark = pytest.mark.long
LONGEST_S = 60  # what a call may ask to wait


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client that opens as many connections as it is asked to, and waits."""
    async with client(LONGEST_S, connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest.fixture
async def mortals(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Cluster]:
    """Two workers that run the orders service, to be killed."""
    async with Cluster(broker, tmp_path, unique("mortals"), KAWKA_SERVICES="orders") as cluster:
        cluster.start()
        cluster.start()
        await cluster.settled()
        yield cluster


async def waited_for(http: aiohttp.ClientSession, web: str, order: dict[str, Any], path: str = "") -> Any:
    """Wait for an order; again after as long as a call may wait, for a slow machine may take longer to a take-over."""
    for _ in range(3):
        began = time.monotonic()
        status, body, headers = await get(http, f"{web}/v1/orders/{order['id']}{path}")
        if status != 504 or body["code"] != "not-there" or time.monotonic() - began < LONGEST_S - 1:
            break
    return status, body, headers


async def test_those_who_wait_are_answered_by_the_next_owner_when_theirs_is_killed(
    http: aiohttp.ClientSession, mortals: Cluster
) -> None:
    survivor, victim = mortals.workers
    product = new_product()
    await stock(mortals, **{product: 1000})
    theirs = await held_by(mortals, victim, "orders")
    assert theirs
    orders = [new_order(product, id=id_in(partition)) for partition in theirs for _ in range(3)]
    calls = [
        asyncio.create_task(waited_for(http, survivor.url, order, path))
        for order in orders
        for path in ("", "/validated")
        for _ in range(5)
    ]
    await asyncio.wait(calls, timeout=1)
    assert not any(call.done() for call in calls)
    victim.signal(signal.SIGKILL)
    for order in orders:
        await place(http, survivor.url, **order)
    for status, body, headers in await asyncio.gather(*calls):
        assert (status, body["product"]) == (200, product)
        assert headers["Kawka-Served-By"] == survivor.url.removeprefix("http://")


async def test_those_who_wait_for_a_frozen_owner_are_answered_by_the_next(
    http: aiohttp.ClientSession, mortals: Cluster
) -> None:
    survivor, frozen = mortals.workers
    orders = [new_order(id=id_in(partition)) for partition in await held_by(mortals, frozen, "orders")]
    calls = [asyncio.create_task(waited_for(http, survivor.url, order)) for order in orders]
    await asyncio.wait(calls, timeout=1)
    frozen.signal(signal.SIGSTOP)
    placing = [asyncio.create_task(place(http, survivor.url, **order)) for order in orders]
    assert {status for status, _, _ in await asyncio.gather(*calls)} == {200}
    await asyncio.gather(*placing)


async def test_those_who_wait_stay_while_workers_join_and_leave(http: aiohttp.ClientSession, mortals: Cluster) -> None:
    stays, leaves = mortals.workers
    orders = [new_order(id=id_in(partition)) for partition in range(8)]
    calls = [asyncio.create_task(waited_for(http, stays.url, order)) for order in orders for _ in range(5)]
    joins = mortals.start()
    await mortals.settled()
    leaves.signal(signal.SIGTERM)
    await leaves.gone()
    await mortals.settled(stays, joins)
    assert not any(call.done() for call in calls)
    for order in orders:
        await place(http, joins.url, **order)
    assert {status for status, _, _ in await asyncio.gather(*calls)} == {200}


async def test_two_thousand_wait_on_one_worker_the_next_is_refused_and_all_are_answered(
    http: aiohttp.ClientSession, mortals: Cluster
) -> None:
    here = mortals.workers[0].url
    orders = [new_order(id=id_in(number % 8)) for number in range(40)]
    calls = [asyncio.create_task(waited_for(http, here, orders[number % 40])) for number in range(2000)]

    async def full() -> bool:  # asked without a seat: who asks by taking one keeps the last of the 2,000 out of it
        async with http.get(f"{here}/metrics") as answer:
            return "kawka_long_polls 2000.0" in await answer.text()

    await eventually(full, what="2,000 seats taken")
    async with http.get(f"{here}/v1/orders/{new_id()}?timeout=1") as answer:
        await assert_problem(answer, 503, "too-many-waiting")
        assert int(answer.headers["Retry-After"]) >= 1
    assert not any(call.done() for call in calls)
    for order in orders:
        await place(http, here, **order)
    assert {status for status, _, _ in await asyncio.gather(*calls)} == {200}
