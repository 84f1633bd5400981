"""Two real workers for the tests of the web; whoever kills one starts a cluster of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.views.calls import client
from tests.views.people import browser, line, person, shoot  # noqa: F401 - fixtures of the pages
from tests.workers import Cluster

FEW_POLLS = 40


@pytest.fixture(scope="session")
def pair(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that share the partitions; they live for the whole run."""
    yield from _running(Cluster(broker, tmp_path_factory.mktemp("pair"), "pair"))


def _running(cluster: Cluster, *workers: dict[str, str]) -> Iterator[Cluster]:
    async def begin() -> None:
        await cluster.create_topics()
        for env in workers or ({}, {}):
            cluster.start(**env)
        await cluster.settled()

    async def end() -> None:
        await asyncio.gather(*(worker.stop() for worker in cluster.workers))

    try:
        asyncio.run(begin())
        yield cluster
    finally:
        asyncio.run(end())


@pytest.fixture(scope="session")
def depot(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that run the trucking service beside the invoices; they live for the whole run."""
    cluster = Cluster(broker, tmp_path_factory.mktemp("depot"), "depot", KAWKA_SERVICES="invoices,trucking")
    yield from _running(cluster)


@pytest.fixture(scope="session")
def shop(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that run the orders service beside the invoices, the second with few seats for those who wait."""
    cluster = Cluster(
        broker, tmp_path_factory.mktemp("shop"), "shop", KAWKA_SERVICES="invoices,orders", KAWKA_JOIN_GRACE_S="1"
    )
    yield from _running(cluster, {}, {"KAWKA_LONG_POLLS": str(FEW_POLLS)})


@pytest.fixture(scope="session")
def web(pair: Cluster) -> str:
    """Give the base URL of a worker that is ready."""
    return pair.workers[0].url


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client."""
    async with client() as session:
        yield session


@pytest.fixture
async def mortal(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Cluster]:
    """Two workers of one test's own, to be killed or frozen."""
    async with Cluster(broker, tmp_path, unique("mortal")) as cluster:
        cluster.start()
        cluster.start()
        await cluster.settled()
        yield cluster
