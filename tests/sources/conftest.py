"""A PostgreSQL with the example drivers, a cluster whose workers follow them, and hands to change and read both."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from app import topics
from app.local.cluster import DRIVERS
from app.local.postgres import LocalPostgres
from tests.oracle import read_topic
from tests.workers import Cluster, Worker, eventually

NEVER = "86400"


class Drivers:
    """The table and its topic."""

    def __init__(self, postgres: LocalPostgres, cluster: Cluster) -> None:
        self.postgres = postgres
        self.cluster = cluster

    async def connect(self) -> asyncpg.Connection:
        """Connect as whoever changes the table does."""
        return await asyncpg.connect(self.postgres.url, server_settings={"timezone": "UTC"})

    async def change(self, *statements: str) -> None:
        """Run statements, each committed by itself."""
        connection = await self.connect()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def table(self) -> dict[str, str]:
        """Give the first name of every row by id, as the table has it."""
        connection = await self.connect()
        try:
            return {row[0]: row[1] for row in await connection.fetch("SELECT id::text, first_name FROM driver")}
        finally:
            await connection.close()

    async def records(self) -> list[Any]:
        """Give all records of the topic, by partition and offset."""
        return await read_topic(self.cluster.broker, self.cluster.topic(topics.trucking_driver))

    async def published(self) -> dict[str, str]:
        """Give the first name of every driver by id, as the topic has it."""
        folded: dict[str, str | None] = {}
        for record in await self.records():
            folded[record.key.decode()] = record.value and json.loads(record.value)["firstName"]
        return {key: name for key, name in folded.items() if name is not None}

    async def caught_up(self, within: float = 40) -> None:
        """Wait until the topic says what the table does."""

        async def equal() -> bool:
            return await self.published() == await self.table()

        await eventually(equal, within, "a topic equal to its table")

    async def of(self, number: int, count: int = 1) -> list[Any]:
        """Wait for at least `count` records of a driver, and give all there are."""

        async def enough() -> list[Any]:
            found = [record for record in await self.records() if record.key == b"%d" % number]
            return found if len(found) >= count else []

        return list(await eventually(enough, 30, f"{count} records of driver {number}"))

    async def metrics(self, worker: Worker) -> dict[str, float]:
        """Give what a worker's metrics say of its sources; nothing while it does not answer."""
        timeout = aiohttp.ClientTimeout(total=3)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as http, http.get(f"{worker.url}/metrics") as answer:
                lines = [line.rsplit(" ", 1) for line in (await answer.text()).splitlines()]
        except (aiohttp.ClientError, TimeoutError):
            return {}
        return {name: float(value) for name, value in lines if name.startswith("kawka_source_")}

    async def leader(self) -> Worker:
        """Wait until some worker polls, and give it."""

        async def polling() -> Worker | None:
            for worker in self.cluster.workers:
                if worker.process.poll() is None and any("age" in name for name in await self.metrics(worker)):
                    return worker
            return None

        found: Worker = await eventually(polling, 40, "a worker that polls")
        return found


@pytest.fixture
async def drivers(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Drivers]:
    async with LocalPostgres(tmp_path / "postgres", scripts=[DRIVERS]) as postgres:
        settings = {
            "KAWKA_SERVICES": "trucking",
            "KAWKA_POSTGRES_URL": postgres.url,
            "KAWKA_SOURCE_POLL_S": "0.1",
            "KAWKA_SOURCE_COMPARE_S": NEVER,
        }
        async with Cluster(broker, tmp_path, unique("drivers"), **settings) as cluster:
            yield Drivers(postgres, cluster)
