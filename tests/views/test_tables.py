"""Every table, by key and by range, from every worker."""

from typing import Any

import aiohttp
import pytest

from tests.views.calls import LINE, create, get, new_id, partition, send
from tests.workers import Cluster


async def test_the_tables_are_listed_with_what_they_hold_and_how_their_keys_are_written(
    http: aiohttp.ClientSession, web: str
) -> None:
    _, tables, _ = await get(http, f"{web}/api/tables")
    keys = {table["table"]: table["key"] for table in tables}
    assert keys["invoices"] == "text"
    assert keys["invoice-history"] == "id/version"
    assert keys["invoices-parked"] == "text"
    assert all(
        table["help"] and table["agent"] == "invoices" for table in tables if table["table"].startswith("invoice")
    )


async def test_a_key_is_found_from_every_worker_with_its_partition_and_position(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    for _ in range(4):
        invoice = await create(http, pair.workers[0].url)
        await send(http, pair.workers[0].url, invoice, "AddLineItem", **LINE)
        found = [await get(http, f"{worker.url}/api/tables/invoices/{invoice}") for worker in pair.workers]
        assert found[0][:2] == found[1][:2]
        status, entry, headers = found[0]
        assert (status, entry["key"], entry["partition"]) == (200, invoice, partition(invoice))
        assert entry["value"]["version"] == 2
        assert entry["position"] == headers["Kawka-Position"]
        event = [await get(http, f"{worker.url}/api/tables/invoice-history/{invoice}/2") for worker in pair.workers]
        assert [entry["value"]["type"] for _, entry, _ in event] == ["LineItemAdded", "LineItemAdded"]
        assert event[0][1]["key"] == f"{invoice}/2"
        encoded = await get(http, f"{pair.workers[1].url}/api/tables/invoice-history/{invoice}%2F2")
        assert encoded[1] == event[0][1]


@pytest.mark.parametrize("path", ["invoices/none", "invoice-history/none/1", "invoices-parked/none", "none/x"])
async def test_what_is_not_there_is_not_found(http: aiohttp.ClientSession, web: str, path: str) -> None:
    assert (await get(http, f"{web}/api/tables/{path}"))[0] == 404


async def read(http: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        status, page, _ = await get(http, f"{url}{cursor}")
        assert status == 200, page
        items += page["items"]
        if page["cursor"] is None:
            return items
        cursor = f"&cursor={page['cursor']}"


async def test_a_range_is_read_in_key_order_over_all_partitions_page_by_page(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    here, there = (worker.url for worker in pair.workers)
    group = new_id()
    ids = [await create(http, here, f"{group}:{number:02}") for number in range(20)]
    for limit in (1, 7, 1000):
        items = await read(http, f"{there}/api/tables/invoices?prefix={group}&limit={limit}")
        assert [item["key"] for item in items] == ids
        assert [item["partition"] for item in items] == [partition(key) for key in ids]
    items = await read(http, f"{here}/api/tables/invoices?from={ids[3]}&to={ids[7]}&limit=2")
    assert [item["key"] for item in items] == ids[3:7]
    assert await read(http, f"{here}/api/tables/invoices?prefix={group}&from={ids[7]}&to={ids[3]}") == []


async def test_a_history_is_a_range_of_its_table(http: aiohttp.ClientSession, web: str) -> None:
    invoice = await create(http, web)
    for number in range(10):
        await send(http, web, invoice, "AddLineItem", commandId=f"a{number}", **LINE)
    items = await read(http, f"{web}/api/tables/invoice-history?prefix={invoice}/&limit=4")
    assert [item["key"] for item in items] == [f"{invoice}/{version}" for version in range(1, 12)]
    some = await read(http, f"{web}/api/tables/invoice-history?from={invoice}/9&to={invoice}/11&limit=1")
    assert [item["value"]["version"] for item in some] == [9, 10]
