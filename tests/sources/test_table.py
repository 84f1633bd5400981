"""The SQL of a source on a real PostgreSQL: any table with a unique key and a timestamp, whatever its columns hold."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from app.local.postgres import LocalPostgres
from app.sources.table import Row, TableSource
from app.topics import Topic

SETUP = """
CREATE SCHEMA legacy;
CREATE TABLE legacy."Stock" ("Product" text PRIMARY KEY, price numeric, changed timestamp);
"""
stock = TableSource(
    name="stock-source",
    table="legacy.Stock",
    key="Product",
    timestamp="changed",
    topic=Topic("stock", key="product", compact=True),
    value=lambda row: row.columns,
)
HOUR = 3_600_000_000


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    async with LocalPostgres(tmp_path / "postgres") as postgres:
        connection = await asyncpg.connect(postgres.url, server_settings={"timezone": "UTC"})
        await connection.execute(SETUP)
        yield connection
        await connection.close()


async def keys(connection: asyncpg.Connection, query: str, *arguments: object) -> list[str]:
    return [row[0] for row in await connection.fetch(query, *arguments)]


async def test_names_are_taken_as_they_are_and_numbers_stay_exact(connection: asyncpg.Connection) -> None:
    await connection.execute("""INSERT INTO legacy."Stock" VALUES ('SOCKS', 19.90, '2026-01-31 10:00:00.123456')""")
    ((key, micros, raw),) = await connection.fetch(stock.newer, 0, 0)
    row = Row(key.encode(), micros, raw)
    assert (row.key, row.micros, row.at_ms) == (b"SOCKS", 1769853600123456, 1769853600123)
    assert row.columns["price"] == Decimal("19.90")


async def test_newer_rows_are_those_after_the_newest_seen_less_the_overlap_by_time_then_key(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute(
        """INSERT INTO legacy."Stock" VALUES ('C', 1, '2026-01-31 10:00'), ('B', 1, '2026-01-31 10:00'),
        ('A', 1, '2026-01-31 11:00'), ('OLD', 1, '2026-01-31 08:59:59.999999')"""
    )
    ten = 1769853600 * 1_000_000
    assert await keys(connection, stock.newer, ten, 0) == ["A"]
    assert await keys(connection, stock.newer, ten, 1) == ["B", "C", "A"]
    assert await keys(connection, stock.newer, ten, HOUR + 1) == ["B", "C", "A"]
    assert await keys(connection, stock.newer, ten, HOUR + 2) == ["OLD", "B", "C", "A"]
    assert await keys(connection, stock.chosen, ["A", "OLD", "NONE"]) == ["OLD", "A"]


async def test_one_row_from_the_future_hides_no_other(connection: asyncpg.Connection) -> None:
    await connection.execute("""INSERT INTO legacy."Stock" VALUES ('NEXT', 1, now() + interval '1 year')""")
    ((_, future, _),) = await connection.fetch(stock.newer, 0, 0)
    await connection.execute("""INSERT INTO legacy."Stock" VALUES ('NOW', 1, now())""")
    assert await keys(connection, stock.newer, future, 10_000_000) == ["NOW", "NEXT"]


async def test_rows_without_a_time_that_can_be_ordered_are_left_alone_and_not_taken_for_deleted(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute("""INSERT INTO legacy."Stock" VALUES ('A', 1, NULL), ('B', 1, '-infinity')""")
    assert await keys(connection, stock.newer, 0, 0) == []
    assert await keys(connection, stock.chosen, ["A", "B"]) == []
    rows = await connection.fetch(stock.everything)
    assert sorted(tuple(row) for row in rows) == [("A", None), ("B", None)]
