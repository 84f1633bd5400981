"""The live feed: what is committed, as it is committed, once, also over a gap."""

import asyncio
import socket
import time
from itertools import pairwise
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.views.calls import HEAD, LINE, create, feed, id_in, new_id, send
from tests.workers import Cluster, eventually


async def test_every_invoice_that_changes_is_told_with_its_snapshot_to_those_who_watch_any_worker(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    here, there = (worker.url for worker in pair.workers)
    async with feed(http, here) as one, feed(http, there) as other:
        for partitions in ((0, 1, 2, 3), (4, 5, 6, 7)):
            invoice = await create(http, here, id_in(*partitions))
            for watched in (one, other):
                while (snapshot := await watched.next("invoice-changed"))["invoiceId"] != invoice:
                    pass
                assert snapshot["version"] == 1


async def test_results_go_to_the_origin_that_asked_and_to_no_other(http: aiohttp.ClientSession, pair: Cluster) -> None:
    here, there = (worker.url for worker in pair.workers)
    mine, other = new_id(), new_id()
    async with feed(http, here, mine) as watched, feed(http, there) as nobody:
        invoice = await create(http, there)
        await send(http, there, invoice, "AddLineItem", originId=other, commandId="o1", **LINE)
        await send(http, there, invoice, "SendInvoice", originId=mine, commandId="m1")
        await send(http, there, invoice, "SendInvoice", originId=mine, commandId="m2")
        results = [await watched.next("command-result") for _ in range(2)]
        assert [(result["commandId"], result["ok"]) for result in results] == [("m1", True), ("m2", False)]
        assert await nobody.until_beat("command-result") == []


async def test_a_feed_that_is_resumed_on_another_worker_misses_nothing_and_repeats_nothing(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    here, there = (worker.url for worker in pair.workers)
    mine = new_id()
    invoice = await create(http, here)
    seen: list[str] = []
    async with feed(http, here, mine) as watched:
        await send(http, here, invoice, "AddLineItem", originId=mine, commandId="a0", **LINE)
        seen.append((await watched.next("command-result"))["commandId"])
        resume = watched.last_id
    for number in range(1, 6):
        await send(http, here, invoice, "AddLineItem", originId=mine, commandId=f"a{number}", **LINE)
    async with feed(http, there, mine, resume) as watched:
        for number in range(6, 9):
            await send(http, here, invoice, "AddLineItem", originId=mine, commandId=f"a{number}", **LINE)
        seen += [result["commandId"] for result in await watched.until_beat("command-result")]
        while len(seen) < 9:
            seen.append((await watched.next("command-result"))["commandId"])
        assert await watched.until_beat("command-result") == []
    assert seen == [f"a{number}" for number in range(9)]


async def test_every_event_is_a_place_to_resume_from(http: aiohttp.ClientSession, pair: Cluster) -> None:
    web, mine = pair.workers[0].url, new_id()
    ids = [id_in(number) for number in range(8)]
    places: list[str] = []
    async with feed(http, web, mine) as watched:
        await asyncio.gather(
            *(send(http, web, invoice, "SendInvoice", originId=mine, commandId=f"c-{invoice}") for invoice in ids)
        )
        order = []
        for _ in ids:
            order.append((await watched.next("command-result"))["commandId"])
            places.append(watched.last_id)
    for number, place in list(enumerate(places))[::3]:
        async with feed(http, pair.workers[number % 2].url, mine, place) as again:
            rest = [(await again.next("command-result"))["commandId"] for _ in order[number + 1 :]]
            assert await again.until_beat("command-result") == []
        assert sorted(rest) == sorted(order[number + 1 :])


async def test_a_feed_says_every_second_that_it_is_there(http: aiohttp.ClientSession, web: str) -> None:
    beats: list[float] = []
    async with feed(http, web) as watched:
        while len(beats) < 6:
            await watched.next("heartbeat", within=20)
            beats.append(time.monotonic())
        assert watched.last_id
    # The shortest of some: each of the others may be one that the machine stalled in.
    assert min(later - beat for beat, later in pairwise(beats)) < 2


@pytest.mark.parametrize("resume", ["x", "command-results-0:-1", "a:b:c"])
async def test_an_event_id_that_is_none_is_malformed(http: aiohttp.ClientSession, web: str, resume: str) -> None:
    async with http.get(f"{web}/api/events", headers={"Last-Event-ID": resume}) as answer:
        assert answer.status == 400


async def test_an_event_id_beyond_the_end_goes_on_from_the_end(http: aiohttp.ClientSession, pair: Cluster) -> None:
    web = pair.workers[0].url
    beyond = ",".join(f"pair-invoice-snapshots-{number}:999999999" for number in range(8))
    async with feed(http, web, resume=beyond) as watched:
        await watched.next("heartbeat")
        invoice = await create(http, web)
        while (await watched.next("invoice-changed"))["invoiceId"] != invoice:
            pass


async def test_who_does_not_read_is_cut_off_and_slows_nobody(http: aiohttp.ClientSession, pair: Cluster) -> None:
    web = pair.workers[0].url

    async def watchers() -> int:
        async with http.get(f"{web}/metrics") as answer:
            text = await answer.text()
        return int(float(text.partition('kawka_feed_watchers{path="/api/events"} ')[2].partition("\n")[0]))

    async def left(count: int) -> None:
        async def counted() -> bool:
            return await watchers() == count

        await eventually(counted, what=f"{count} watchers")

    await left(0)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((urlsplit(web).hostname, urlsplit(web).port))
    deaf.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await left(1)
    big = HEAD | {"lineItems": [{"description": "x" * 500, "quantity": "1", "price": "1"}] * 100}
    async with feed(http, web) as watched:
        assert await watchers() == 2
        while await watchers() == 2:
            ids = {new_id() for _ in range(10)}
            sent = asyncio.gather(*(send(http, web, invoice, "CreateInvoice", **big) for invoice in ids))
            while ids:
                ids.discard((await watched.next("invoice-changed"))["invoiceId"])
            await sent
        assert await watchers() == 1
    deaf.close()
