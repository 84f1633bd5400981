"""Callers while ownership moves: nobody hears of it, but by waiting a little."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.views.calls import LINE, assert_problem, create, get, held_by, id_in, send
from tests.workers import Cluster, eventually


@pytest.fixture
async def slow(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Cluster]:
    """Two workers of whom one that was killed is missed so late that there is time to look, on a slow machine too."""
    async with Cluster(broker, tmp_path, unique("slow"), KAWKA_SESSION_TIMEOUT_S="25") as cluster:
        cluster.start()
        cluster.start()
        await cluster.settled()
        yield cluster


@pytest.mark.long
async def test_a_command_that_waits_for_a_killed_owner_is_answered_by_the_next(
    http: aiohttp.ClientSession, mortal: Cluster
) -> None:
    survivor, victim = mortal.workers
    theirs = await held_by(mortal, victim)
    ids = [await create(http, survivor.url, id_in(partition)) for partition in theirs]
    victim.signal(signal.SIGSTOP)  # it takes the calls, and answers none
    calls = [
        asyncio.create_task(
            send(http, survivor.url, invoice, "AddLineItem", commandId="a1", query="?timeout=55", **LINE)
        )
        for invoice in ids
    ]
    reads = [asyncio.create_task(get(http, f"{survivor.url}/api/invoices/{invoice}?timeout=55")) for invoice in ids]
    listing = asyncio.create_task(get(http, f"{survivor.url}/api/invoices?timeout=55"))
    await asyncio.wait([*calls, *reads, listing], timeout=1)
    assert not any(call.done() for call in [*calls, *reads, listing])
    victim.signal(signal.SIGKILL)
    for (status, body, headers), invoice in zip(await asyncio.gather(*calls), ids, strict=True):
        assert (status, body["version"], body["snapshot"]["invoiceId"]) == (200, 2, invoice)
        assert headers["Kawka-Served-By"] == survivor.url.removeprefix("http://")
    for status, _, headers in await asyncio.gather(*reads):
        assert (status, headers["Kawka-Served-By"]) == (200, survivor.url.removeprefix("http://"))
    status, page, _ = await listing
    assert status == 200
    assert {snapshot["invoiceId"] for snapshot in page["items"]} == set(ids)
    again = await asyncio.gather(
        *(send(http, survivor.url, invoice, "AddLineItem", commandId="a1", **LINE) for invoice in ids)
    )
    assert {(status, body["version"]) for status, body, _ in again} == {(200, 2)}


@pytest.mark.long
async def test_while_a_partition_has_no_owner_reads_are_503_commands_504_and_a_partial_list_says_what_is_missing(
    http: aiohttp.ClientSession, slow: Cluster
) -> None:
    survivor, victim = slow.workers
    theirs = await held_by(slow, victim)
    gone = await create(http, survivor.url, id_in(*theirs))
    here = await create(http, survivor.url, id_in(*(set(range(8)) - set(theirs))))
    victim.signal(signal.SIGKILL)
    await victim.gone()
    async with http.get(f"{survivor.url}/api/invoices/{gone}?timeout=0.2") as answer:
        await assert_problem(answer, 503, "not-ready")
        assert int(answer.headers["Retry-After"]) >= 1
    command = {"type": "AddLineItem", "commandId": "a1", **LINE}
    async with http.post(f"{survivor.url}/api/invoices/{gone}/commands?timeout=0.2", json=command) as answer:
        assert (await assert_problem(answer, 504, "not-decided"))["commandId"] == "a1"
    async with http.get(f"{survivor.url}/api/invoices?timeout=0.2") as answer:
        assert (await assert_problem(answer, 503, "not-ready"))["missing"] == sorted(theirs)
    status, page, _ = await get(http, f"{survivor.url}/api/invoices?partial=true")
    assert (status, page["missing"]) == (200, sorted(theirs))
    assert [snapshot["invoiceId"] for snapshot in page["items"]] == [here]
    _, workers, _ = await get(http, f"{survivor.url}/api/workers")
    dead = next(worker for worker in workers if worker["url"] == victim.url)
    assert {task["state"] for task in dead["tasks"]} == {"lost"}
    assert [task["partition"] for task in dead["tasks"] if task["agent"] == "invoices"] == sorted(theirs)
    status, body, _ = await send(http, survivor.url, gone, "AddLineItem", commandId="a1", query="?timeout=55", **LINE)
    assert (status, body["version"]) == (200, 2)


@pytest.mark.long
async def test_a_frozen_owner_that_wakes_answers_nothing_from_the_past(
    http: aiohttp.ClientSession, mortal: Cluster
) -> None:
    survivor, frozen = mortal.workers
    invoice = await create(http, survivor.url, id_in(*await held_by(mortal, frozen)))
    frozen.signal(signal.SIGSTOP)
    # These wait in the frozen worker's socket, and are the first it sees when it wakes.
    waiting = [asyncio.create_task(get(http, f"{frozen.url}/api/invoices/{invoice}?timeout=50")) for _ in range(5)]
    lists = [asyncio.create_task(get(http, f"{frozen.url}/api/tables/invoices/{invoice}?timeout=50")) for _ in range(5)]

    async def changed() -> Any:
        return (await send(http, survivor.url, invoice, "AddLineItem", commandId="a1", query="?timeout=50", **LINE))[
            0
        ] == 200

    await eventually(changed, 60, "the next owner's answer")
    frozen.signal(signal.SIGCONT)
    for status, body, _ in await asyncio.gather(*waiting):
        assert (status, body["version"]) == (200, 2)
    for status, body, _ in await asyncio.gather(*lists):
        assert (status, body["value"]["version"]) == (200, 2)


async def test_calls_go_on_while_workers_leave_and_join(http: aiohttp.ClientSession, mortal: Cluster) -> None:
    stays, leaves = mortal.workers
    ids = [await create(http, stays.url, id_in(partition)) for partition in range(8)]
    stop = asyncio.Event()

    async def ask(invoice: str) -> int:
        version, number = 1, 0
        while not stop.is_set():
            number += 1
            kind, fields = ("AddLineItem", LINE) if number % 2 else ("RemoveLineItem", {"index": 0})
            asked = {"commandId": f"c{number}", "expectedVersion": version, **fields}
            status, body, _ = await send(http, stays.url, invoice, kind, query="?timeout=50", **asked)
            assert status == 200, body
            version = body["version"]
            status, body, _ = await get(http, f"{stays.url}/api/invoices/{invoice}?timeout=50")
            assert (status, body["version"]) == (200, version)
        return version

    asking = [asyncio.create_task(ask(invoice)) for invoice in ids]
    leaves.signal(signal.SIGTERM)
    await leaves.gone()
    await mortal.settled(stays)
    joins = mortal.start()
    await mortal.settled(stays, joins)
    stop.set()
    assert min(await asyncio.gather(*asking)) > 1
