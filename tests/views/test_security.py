"""Who may call."""

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from app.settings import Settings, SettingsError
from tests.views.calls import assert_problem, client, create, get, ready, send, workers_when
from tests.workers import Cluster

TOKEN = "a-token-that-nobody-guesses"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:6066",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "",
        "10.0.0.1",
        "a/b",
        "[::",
    ],
)
async def test_a_request_for_a_foreign_host_is_refused(http: aiohttp.ClientSession, web: str, host: str) -> None:
    for path in ("/api/invoices", "/", "/health/live"):
        async with http.get(web + path, headers={"Host": host}) as answer:
            await assert_problem(answer, 421, "foreign-host")


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:6066"])
async def test_a_request_for_this_machine_by_any_of_its_own_names_is_served(
    http: aiohttp.ClientSession, web: str, host: str
) -> None:
    async with http.get(f"{web}/health/live", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://{host}", "http://localhost:1", "http://{host}.evil.example"]
)
async def test_a_page_of_another_origin_may_not_call(http: aiohttp.ClientSession, web: str, origin: str) -> None:
    host = web.removeprefix("http://")
    async with http.get(f"{web}/api/invoices", headers={"Origin": origin.format(host=host)}) as answer:
        await assert_problem(answer, 403, "foreign-origin")


async def test_our_own_page_may_call_and_no_other_is_told_that_it_may(http: aiohttp.ClientSession, web: str) -> None:
    async with http.get(f"{web}/api/invoices", headers={"Origin": web}) as answer:
        assert answer.status == 200
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.fixture
async def locked(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Cluster]:
    """Two workers with a token; it lets the fixtures of the cluster ask by itself."""
    async with Cluster(broker, tmp_path, unique("locked"), KAWKA_API_TOKEN=TOKEN) as cluster:
        cluster.start()
        cluster.start()
        yield cluster


async def test_with_a_token_nothing_is_told_without_it_and_workers_carry_it_to_each_other(locked: Cluster) -> None:
    here, there = (worker.url for worker in locked.workers)
    async with client() as stranger:
        await ready(stranger, here, there)  # which anybody may ask
        for path in (
            "/api/invoices",
            "/api/invoices/x",
            "/api/workers",
            "/metrics",
            "/",
            "/api/events",
            "/internal/scan",
        ):
            async with stranger.get(here + path) as answer:
                assert "Bearer" in answer.headers["WWW-Authenticate"]
                await assert_problem(answer, 401, "unauthorized")
        for path in ("/health/live", "/static/index.html"):
            async with stranger.get(here + path) as answer:
                assert answer.status == 200
        for wrong in (
            "",
            "Bearer",
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            f"Token {TOKEN}",
            "Basic !",
            "Bearer ž",
        ):
            async with stranger.get(f"{here}/api/invoices", headers={"Authorization": wrong}) as answer:
                await assert_problem(answer, 401, "unauthorized")
        basic = "Basic " + base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
        async with stranger.get(f"{here}/api/invoices", headers={"Authorization": basic}) as answer:
            assert answer.status == 200
    async with client(headers={"Authorization": f"Bearer {TOKEN}"}) as friend:
        ids = [await create(friend, here) for _ in range(8)]
        for web in (here, there):
            assert {(await get(friend, f"{web}/api/invoices/{invoice}"))[0] for invoice in ids} == {200}
            _, page, _ = await get(friend, f"{web}/api/invoices")
            assert {snapshot["invoiceId"] for snapshot in page["items"]} == set(ids)
            workers = await workers_when(friend, web, lambda task: task["state"] == "ready")
            assert [worker["url"] for worker in workers] == sorted((here, there))
        assert (await send(friend, there, ids[0], "DeleteInvoice"))[0] == 200


def test_a_worker_bound_to_anything_but_loopback_needs_a_token() -> None:
    with pytest.raises(SettingsError, match="KAWKA_API_TOKEN"):
        Settings.from_env({"KAWKA_WEB_HOST": "0.0.0.0"})
    assert Settings.from_env({"KAWKA_WEB_HOST": "0.0.0.0", "KAWKA_API_TOKEN": TOKEN}).web_host == "0.0.0.0"
