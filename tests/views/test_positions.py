"""Kawka-Position: the answer is at least as new as was asked, or none is given."""

import asyncio

import aiohttp
import pytest

from tests.views.calls import LINE, assert_problem, create, get, send
from tests.workers import Cluster


def beyond(position: str, by: int) -> str:
    place, _, offset = position.rpartition(":")
    return f"{place}:{int(offset) + by}"


async def test_a_read_waits_until_its_position_is_reached(http: aiohttp.ClientSession, pair: Cluster) -> None:
    here, there = (worker.url for worker in pair.workers)
    invoice = await create(http, here)
    for _ in range(4):
        _, before, headers = await get(http, f"{here}/api/invoices/{invoice}")
        coming = beyond(headers["Kawka-Position"], 1)
        waits = asyncio.create_task(
            get(http, f"{there}/api/invoices/{invoice}?timeout=20", **{"Kawka-Position": coming})
        )
        listing = asyncio.create_task(get(http, f"{there}/api/invoices?timeout=20", **{"Kawka-Position": coming}))
        events = asyncio.create_task(get(http, f"{there}/api/invoices/{invoice}/events", **{"Kawka-Position": coming}))
        _, result, _ = await send(http, here, invoice, "AddLineItem", **LINE)
        status, after, headers = await waits
        assert (status, after["version"]) == (200, before["version"] + 1)
        assert result["position"] == headers["Kawka-Position"]
        assert (await listing)[0] == 200
        assert (await events)[1]["items"][-1]["version"] == after["version"]


@pytest.mark.parametrize(
    "path", ["/api/invoices/{}", "/api/invoices/{}/events", "/api/invoices", "/api/tables/invoices/{}"]
)
async def test_a_position_that_is_not_reached_in_time_is_504(http: aiohttp.ClientSession, web: str, path: str) -> None:
    invoice = await create(http, web)
    _, _, headers = await get(http, f"{web}/api/invoices/{invoice}")
    never = {"Kawka-Position": beyond(headers["Kawka-Position"], 1000)}
    async with http.get(f"{web}{path.format(invoice)}?timeout=0.3", headers=never) as answer:
        await assert_problem(answer, 504, "not-reached")


async def test_a_position_in_a_topic_that_the_state_is_a_fold_of_counts_too(
    http: aiohttp.ClientSession, web: str
) -> None:
    invoice = await create(http, web)
    _, _, headers = await get(http, f"{web}/api/invoices/{invoice}")
    place = headers["Kawka-Position"].replace("invoice-commands", "invoice-snapshots").rpartition(":")[0]
    status, _, _ = await get(http, f"{web}/api/invoices/{invoice}", **{"Kawka-Position": f"{place}:1"})
    assert status == 200
    async with http.get(
        f"{web}/api/invoices/{invoice}?timeout=0.3", headers={"Kawka-Position": f"{place}:999999"}
    ) as answer:
        await assert_problem(answer, 504, "not-reached")


async def test_positions_of_other_partitions_and_topics_say_nothing_about_a_key(
    http: aiohttp.ClientSession, web: str
) -> None:
    invoice = await create(http, web)
    _, _, headers = await get(http, f"{web}/api/invoices/{invoice}")
    place = headers["Kawka-Position"].rpartition(":")[0]
    topic, _, number = place.rpartition("-")
    others = f"{topic}-{(int(number) + 1) % 8}:999999, some-other.topic-3:7"
    status, _, _ = await get(http, f"{web}/api/invoices/{invoice}", **{"Kawka-Position": others})
    assert status == 200


@pytest.mark.parametrize(
    "text", ["x", "invoice-commands:3", "invoice-commands-3:-1", "a-1:2,,b-1:2", "a-1:2;b-1:2", "a b-1:2"]
)
async def test_a_position_that_cannot_be_read_is_malformed(http: aiohttp.ClientSession, web: str, text: str) -> None:
    async with http.get(f"{web}/api/invoices/x", headers={"Kawka-Position": text}) as answer:
        await assert_problem(answer, 400, "malformed", "Kawka-Position")
