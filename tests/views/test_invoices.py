"""Commands, snapshots and histories: the same from every worker."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.views.calls import HEAD, LINE, assert_problem, create, get, new_id, send
from tests.workers import Cluster


@pytest.fixture(params=[0, 1], ids=["first worker", "second worker"])
def worker(request: pytest.FixtureRequest, pair: Cluster) -> str:
    number: int = request.param
    return pair.workers[number].url


async def test_a_command_is_answered_with_its_result_by_whichever_worker_is_asked(
    http: aiohttp.ClientSession, worker: str
) -> None:
    for _ in range(4):  # some of these ids live on the other worker
        invoice = new_id()
        status, body, headers = await send(http, worker, invoice, "CreateInvoice", commandId="c1", **HEAD)
        assert status == 200
        assert (body["commandId"], body["ok"], body["version"]) == ("c1", True, 1)
        assert body["snapshot"]["invoiceId"] == invoice
        assert headers["Kawka-Position"] == body["position"]
        assert headers["Kawka-Served-By"]


async def test_what_was_written_through_one_worker_is_read_at_once_through_the_other(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    here, there = (worker.url for worker in pair.workers)
    for _ in range(4):
        invoice = await create(http, here)
        answers = [await get(http, f"{web}/api/invoices/{invoice}") for web in (here, there)]
        assert [status for status, _, _ in answers] == [200, 200]
        assert answers[0][1] == answers[1][1]
        assert answers[0][2]["Kawka-Served-By"] == answers[1][2]["Kawka-Served-By"]
        assert answers[0][2]["Kawka-Position"] == answers[1][2]["Kawka-Position"]


async def test_both_workers_hold_some_of_the_invoices(http: aiohttp.ClientSession, worker: str, pair: Cluster) -> None:
    served = {
        (await get(http, f"{worker}/api/invoices/{await create(http, worker)}"))[2]["Kawka-Served-By"]
        for _ in range(20)
    }
    assert served == {one.url.removeprefix("http://") for one in pair.workers}


async def test_head_tells_what_get_would_without_the_body(http: aiohttp.ClientSession, worker: str) -> None:
    for _ in range(3):
        invoice = await create(http, worker)
        async with (
            http.head(f"{worker}/api/invoices/{invoice}") as head,
            http.get(f"{worker}/api/invoices/{invoice}") as full,
        ):
            assert head.status == 200
            assert await head.read() == b""
            assert head.headers["Content-Length"] == full.headers["Content-Length"]


async def test_an_id_never_used_is_not_found(http: aiohttp.ClientSession, worker: str) -> None:
    for path in (new_id(), f"{new_id()}/events"):
        async with http.get(f"{worker}/api/invoices/{path}") as answer:
            await assert_problem(answer, 404, "not-found")


async def test_a_command_to_an_unknown_id_is_not_found_and_names_the_command(
    http: aiohttp.ClientSession, worker: str
) -> None:
    async with http.post(
        f"{worker}/api/invoices/{new_id()}/commands", json={"type": "SendInvoice", "commandId": "s1"}
    ) as answer:
        body = await assert_problem(answer, 404, "not-found")
    assert body["commandId"] == "s1"


async def test_a_command_at_another_version_conflicts_and_the_actual_version_is_told(
    http: aiohttp.ClientSession, worker: str
) -> None:
    invoice = await create(http, worker)
    command = {"type": "AddLineItem", "expectedVersion": 7, **LINE}
    async with http.post(f"{worker}/api/invoices/{invoice}/commands", json=command) as answer:
        body = await assert_problem(answer, 409, "version-conflict", "expectedVersion")
    assert body["actualVersion"] == 1


async def test_a_refusal_says_which_rule_and_which_field(http: aiohttp.ClientSession, worker: str) -> None:
    invoice = await create(http, worker)
    command = {"type": "AddLineItem", **LINE, "quantity": "-1"}
    async with http.post(f"{worker}/api/invoices/{invoice}/commands", json=command) as answer:
        await assert_problem(answer, 422, "invalid-quantity", "quantity")
    async with http.post(f"{worker}/api/invoices/{invoice}/commands", json={"type": "SendInvoice"}) as answer:
        await assert_problem(answer, 422, "no-items")


async def test_the_same_command_again_gives_the_stored_result_and_no_second_effect(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    here, there = (worker.url for worker in pair.workers)
    invoice = await create(http, here)
    first = await send(http, here, invoice, "AddLineItem", commandId="a1", **LINE)
    again = await send(http, there, invoice, "AddLineItem", commandId="a1", originId="other", **LINE)
    assert (first[0], first[1]) == (again[0], again[1])
    _, snapshot, _ = await get(http, f"{here}/api/invoices/{invoice}")
    assert (snapshot["version"], len(snapshot["lineItems"])) == (2, 1)


async def test_the_same_command_sent_at_the_same_time_has_one_effect(
    http: aiohttp.ClientSession, pair: Cluster
) -> None:
    invoice = await create(http, pair.workers[0].url)
    webs = [worker.url for worker in pair.workers] * 5
    answers = await asyncio.gather(*(send(http, web, invoice, "AddLineItem", commandId="a1", **LINE) for web in webs))
    assert {status for status, _, _ in answers} == {200}
    assert {body["position"] for _, body, _ in answers} == {answers[0][1]["position"]}
    assert {body["version"] for _, body, _ in answers} == {2}


async def test_a_command_id_used_for_another_command_is_refused(http: aiohttp.ClientSession, worker: str) -> None:
    invoice = await create(http, worker)
    await send(http, worker, invoice, "AddLineItem", commandId="a1", **LINE)
    other = {"type": "AddLineItem", "commandId": "a1", **LINE, "price": "9"}
    async with http.post(f"{worker}/api/invoices/{invoice}/commands", json=other) as answer:
        body = await assert_problem(answer, 409, "command-id-reused")
    assert body["commandId"] == "a1"


async def test_without_ids_a_command_gets_one_and_the_origin_http(http: aiohttp.ClientSession, worker: str) -> None:
    status, body, _ = await send(http, worker, new_id(), "CreateInvoice", **HEAD)
    assert status == 200
    assert len(body["commandId"]) == 36
    assert body["originId"] == "http"


async def test_an_id_that_is_a_number_becomes_its_text(http: aiohttp.ClientSession, worker: str) -> None:
    status, body, _ = await send(http, worker, new_id(), "CreateInvoice", commandId=17, originId=1e3, **HEAD)
    assert (status, body["commandId"], body["originId"]) == (200, "17", "1000.0")


async def test_respond_async_is_answered_once_kafka_has_the_command(http: aiohttp.ClientSession, worker: str) -> None:
    invoice, prefer = new_id(), {"Prefer": "respond-async"}
    status, body, _ = await send(http, worker, invoice, "CreateInvoice", commandId="c1", headers=prefer, **HEAD)
    assert (status, body) == (202, {"commandId": "c1", "status": "accepted"})
    status, body, _ = await send(http, worker, invoice, "CreateInvoice", commandId="c1", **HEAD)
    assert (status, body["version"]) == (200, 1)
    status, body, _ = await send(http, worker, invoice, "CreateInvoice", commandId="c1", headers=prefer, **HEAD)
    assert status == 202
    changed = HEAD | {"customerName": "Eve"}
    status, body, _ = await send(http, worker, invoice, "CreateInvoice", commandId="c1", headers=prefer, **changed)
    assert (status, body["code"]) == (409, "command-id-reused")


async def test_a_deleted_invoice_is_still_told_with_its_status(http: aiohttp.ClientSession, worker: str) -> None:
    invoice = await create(http, worker)
    await send(http, worker, invoice, "DeleteInvoice")
    status, body, _ = await get(http, f"{worker}/api/invoices/{invoice}")
    assert (status, body["status"]) == (200, "Deleted")


async def test_the_history_comes_in_order_and_in_pages(http: aiohttp.ClientSession, worker: str) -> None:
    invoice = await create(http, worker)
    for number in range(6):
        await send(http, worker, invoice, "AddLineItem", commandId=f"a{number}", **LINE)
    url = f"{worker}/api/invoices/{invoice}/events"
    _, whole, _ = await get(http, url)
    assert [event["version"] for event in whole["items"]] == [1, 2, 3, 4, 5, 6, 7]
    assert whole["items"][0]["type"] == "InvoiceCreated"
    assert whole["cursor"] is None
    pages: list[dict[str, Any]] = []
    cursor: str | None = "1"
    while cursor:
        _, page, _ = await get(http, f"{url}?limit=3&cursor={cursor}")
        pages += page["items"]
        cursor = page["cursor"]
    assert pages == whole["items"]
    _, late, _ = await get(http, f"{url}?from=6")
    assert [event["version"] for event in late["items"]] == [6, 7]
    _, beyond, _ = await get(http, f"{url}?from=99")
    assert beyond == {"items": [], "cursor": None}


async def test_a_command_that_waits_answers_within_the_callers_time(http: aiohttp.ClientSession, worker: str) -> None:
    invoice = await create(http, worker)
    _, _, headers = await get(http, f"{worker}/api/invoices/{invoice}")
    place, _, offset = headers["Kawka-Position"].rpartition(":")
    never = {"Kawka-Position": f"{place}:{int(offset) + 1000}"}
    command = {"type": "AddLineItem", "commandId": "a1", **LINE}
    async with http.post(
        f"{worker}/api/invoices/{invoice}/commands?timeout=0.3", json=command, headers=never
    ) as answer:
        body = await assert_problem(answer, 504, "not-decided")
    assert body["commandId"] == "a1"
