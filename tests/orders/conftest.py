"""Shops with running workers that tests share: each test has orders, products and customers of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.orders.shop import CHECKS, Shop
from tests.workers import Cluster


@pytest.fixture(scope="session")
def shop(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with all the time in the world: nothing in it times out."""
    patience = {"KAWKA_JOIN_GRACE_S": "3600", "KAWKA_PAYMENT_WAIT_S": "3600"}
    cluster = Cluster(broker, tmp_path_factory.mktemp("shop"), "shop", KAWKA_SERVICES="orders", **patience)
    yield from _running(cluster)


@pytest.fixture(scope="session")
def hasty(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that waits for nothing longer than seconds, and wants a fourth check."""
    cluster = Cluster(
        broker,
        tmp_path_factory.mktemp("hasty"),
        "hasty",
        KAWKA_SERVICES="orders",
        KAWKA_ORDER_CHECKS=",".join((*CHECKS, "COUNTRY_CHECK")),
        KAWKA_ORDER_CHECKS_S="10",
        KAWKA_JOIN_GRACE_S="0.5",
        KAWKA_PAYMENT_WAIT_S="1",
    )
    yield from _running(cluster)


def _running(cluster: Cluster) -> Iterator[Shop]:
    async def begin() -> None:
        await cluster.create_topics()
        cluster.start()
        await cluster.settled()

    async def end() -> None:
        await asyncio.gather(*(worker.stop() for worker in cluster.workers))

    try:
        asyncio.run(begin())
        yield Shop(cluster)
    finally:
        asyncio.run(end())


@pytest.fixture
async def mortal(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Shop]:
    """A shop of one test's own, with no worker yet."""
    async with Cluster(broker, tmp_path, unique("shop"), KAWKA_SERVICES="orders") as cluster:
        yield Shop(cluster)
