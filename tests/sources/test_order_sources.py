"""Customers and stock come from the database's tables, deletes and shortages included."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app import topics
from app.local.cluster import ORDERS
from app.local.postgres import LocalPostgres
from app.topics import Topic
from tests.oracle import read_topic
from tests.workers import Cluster, eventually


class Shop:
    """The two tables and their topics."""

    def __init__(self, postgres: LocalPostgres, cluster: Cluster) -> None:
        self.cluster = cluster
        self._postgres = postgres

    async def change(self, *statements: str) -> None:
        """Run statements, each committed by itself."""
        connection = await asyncpg.connect(self._postgres.url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def of(self, topic: Topic, key: bytes, count: int = 1) -> list[Any]:
        """Wait for at least `count` records of a key, and give what all of them hold."""

        async def enough() -> list[Any]:
            records = await read_topic(self.cluster.broker, self.cluster.topic(topic))
            values = [record.value and json.loads(record.value) for record in records if record.key == key]
            return values if len(values) >= count else []

        return list(await eventually(enough, 40, f"{count} records of {key.decode()}"))


@pytest.fixture
async def shop(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Shop]:
    async with LocalPostgres(tmp_path / "postgres", scripts=[ORDERS, ORDERS]) as postgres:
        settings = {
            "KAWKA_SERVICES": "orders",
            "KAWKA_POSTGRES_URL": postgres.url,
            "KAWKA_SOURCE_POLL_S": "0.1",
            "KAWKA_SOURCE_COMPARE_S": "0.5",
        }
        async with Cluster(broker, tmp_path, unique("shop"), **settings) as cluster:
            yield Shop(postgres, cluster)


async def test_rows_become_records_as_the_contract_has_them(shop: Shop) -> None:
    shop.cluster.start()
    assert await shop.of(topics.warehouse_inventory, b"JUMPERS") == [{"product": "JUMPERS", "quantity": 20000}]
    assert await shop.of(topics.customers, b"2") == [
        {
            "id": "2",
            "firstName": "Bronia",
            "lastName": "Kowalska",
            "email": "bronia@customers.example",
            "address": "ul. Hoża 3, Warszawa",
            "level": "gold",
        }
    ]
    assert (await shop.of(topics.customers, b"14"))[0]["email"] is None
    await shop.of(topics.customers, b"6000")
    records = await read_topic(shop.cluster.broker, shop.cluster.topic(topics.customers))
    levels = {json.loads(record.value)["level"] for record in records}
    assert (len(records), levels) == (5020, {"bronze", "silver", "gold", "platinum"})


async def test_changes_deletes_and_shortages_reach_the_topics_and_a_bad_row_holds_up_no_other(shop: Shop) -> None:
    worker = shop.cluster.start()
    await shop.of(topics.customers, b"1")
    await shop.of(topics.warehouse_inventory, b"STOCKINGS")
    await shop.change(
        "UPDATE customer SET level = 'silver' WHERE id = 1",
        "DELETE FROM customer WHERE id = 2",
        "UPDATE stock SET quantity = -5 WHERE product = 'JUMPERS'",
        "DELETE FROM stock WHERE product = 'STOCKINGS'",
        "ALTER TABLE customer DROP CONSTRAINT customer_level_check",
        "UPDATE customer SET level = 'wooden' WHERE id = 3",
        "ALTER TABLE stock ALTER quantity TYPE numeric",
        "INSERT INTO stock VALUES ('HALVES', 0.5), ('SCARVES', 7)",
    )
    assert [value["level"] for value in await shop.of(topics.customers, b"1", 2)] == ["platinum", "silver"]
    assert (await shop.of(topics.customers, b"2", 2))[1] is None
    assert (await shop.of(topics.warehouse_inventory, b"JUMPERS", 2))[1] == {"product": "JUMPERS", "quantity": -5}
    assert (await shop.of(topics.warehouse_inventory, b"STOCKINGS", 2))[1] is None
    assert await shop.of(topics.warehouse_inventory, b"SCARVES") == [{"product": "SCARVES", "quantity": 7}]

    async def refused() -> bool:
        log = worker.log.read_text()
        return all(f"the row with key {key} is not published" in log for key in ("3", "HALVES"))

    await eventually(refused)
