"""The list of all invoices, over all partitions and workers."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.views.calls import LINE, assert_problem, create, get, send
from tests.workers import Cluster, eventually


@pytest.fixture
async def invoices(http: aiohttp.ClientSession, web: str) -> list[str]:
    """Some invoices in all partitions, every third sent."""
    ids = [await create(http, web) for _ in range(24)]
    for invoice in ids[::3]:
        await send(http, web, invoice, "AddLineItem", **LINE)
        await send(http, web, invoice, "SendInvoice")
    return ids


async def listed(http: aiohttp.ClientSession, web: str, query: str) -> list[dict[str, Any]]:
    """Read all pages."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        status, page, headers = await get(http, f"{web}/api/invoices?{query}{cursor}")
        assert status == 200, page
        assert headers["Kawka-Position"]
        items += page["items"]
        if page["cursor"] is None:
            return items
        cursor = f"&cursor={page['cursor']}"


async def test_every_worker_lists_the_same_invoices_once_each_in_the_order_of_their_ids(
    http: aiohttp.ClientSession, pair: Cluster, invoices: list[str]
) -> None:
    whole, paged = [
        await listed(http, worker.url, f"limit={limit}") for worker, limit in zip(pair.workers, (1000, 7), strict=True)
    ]
    assert whole == paged
    ids = [snapshot["invoiceId"] for snapshot in whole]
    assert ids == sorted(set(ids))
    assert set(invoices) <= set(ids)


async def test_a_page_has_a_hundred_entries_unless_told_otherwise(http: aiohttp.ClientSession, web: str) -> None:
    await asyncio.gather(*(create(http, web) for _ in range(101)))
    _, page, _ = await get(http, f"{web}/api/invoices")
    assert len(page["items"]) == 100
    assert page["cursor"]


async def test_a_status_filters(http: aiohttp.ClientSession, web: str, invoices: list[str]) -> None:
    sent = await listed(http, web, "status=Sent&limit=3")
    assert {snapshot["status"] for snapshot in sent} == {"Sent"}
    assert set(invoices[::3]) <= {snapshot["invoiceId"] for snapshot in sent}
    assert not set(invoices[1::3]) & {snapshot["invoiceId"] for snapshot in sent}


@pytest.mark.usefixtures("invoices")
async def test_with_partial_the_answer_says_which_partitions_are_missing(http: aiohttp.ClientSession, web: str) -> None:
    async def whole() -> Any:  # a worker that does not answer within a second counts as missing
        status, page, _ = await get(http, f"{web}/api/invoices?partial=true&limit=1")
        return page if status == 200 and page["missing"] == [] else None

    assert (await eventually(whole, what="a page with nothing missing"))["cursor"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=1e3", "limit"),
        ("limit=٣", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("status=Lost", "status"),
        ("partial=1", "partial"),
        ("cursor=%21", "cursor"),
        ("cursor=a", "cursor"),
        ("timeout=0", "timeout"),
        ("timeout=61", "timeout"),
        ("timeout=-1", "timeout"),
        ("timeout=NaN", "timeout"),
        ("timeout=inf", "timeout"),
        ("timeout=1e1", "timeout"),
        ("timeout=", "timeout"),
    ],
)
async def test_a_query_that_makes_no_sense_is_malformed_and_says_where(
    http: aiohttp.ClientSession, web: str, query: str, field: str
) -> None:
    async with http.get(f"{web}/api/invoices?{query}") as answer:
        await assert_problem(answer, 400, "malformed", field)
