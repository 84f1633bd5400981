"""Workers, topology, health and metrics."""

from functools import partial
from typing import Any

import aiohttp

from tests.views.calls import create, get, id_in, new_id, partition, ready, workers_when
from tests.workers import Cluster, eventually


async def test_every_worker_tells_of_all_workers_and_their_tasks(http: aiohttp.ClientSession, pair: Cluster) -> None:
    invoice = await create(http, pair.workers[0].url)
    for asked in pair.workers:
        workers = await workers_when(http, asked.url, lambda task: task["lag"] is not None)
        assert [worker["url"] for worker in workers] == sorted(worker.url for worker in pair.workers)
        assert {worker["pid"] for worker in workers} == {worker.process.pid for worker in pair.workers}
        assert len({worker["generation"] for worker in workers}) == 1
        tasks = [task for worker in workers for task in worker["tasks"] if task["agent"] == "invoices"]
        assert sorted(task["partition"] for task in tasks) == list(range(8))
        assert {(task["role"], task["state"]) for task in tasks} == {("active", "ready")}
        assert all(task["restored"] >= 0 and task["toRestore"] >= 0 for task in tasks)
        assert next(task["lag"] for task in tasks if task["partition"] == partition(invoice)) == 0


async def test_the_worker_that_is_said_to_hold_a_partition_serves_its_keys(
    http: aiohttp.ClientSession, web: str
) -> None:
    _, workers, _ = await get(http, f"{web}/api/workers")
    holds = {
        task["partition"]: worker["url"]
        for worker in workers
        for task in worker["tasks"]
        if task["agent"] == "invoices"
    }
    for _ in range(6):
        invoice = await create(http, web)
        _, _, headers = await get(http, f"{web}/api/invoices/{invoice}")
        assert f"http://{headers['Kawka-Served-By']}" == holds[partition(invoice)]


async def test_the_topology_is_that_of_the_agents(http: aiohttp.ClientSession, pair: Cluster) -> None:
    answers = [(await get(http, f"{worker.url}/api/topology"))[1] for worker in pair.workers]
    assert answers[0] == answers[1]
    edges = {(edge["from"], edge["to"], edge["kind"]) for edge in answers[0]["edges"]}
    assert {
        ("topic:invoice-commands", "agent:invoices", "source"),
        ("agent:invoices", "topic:invoice-events", "output"),
        ("agent:invoices", "topic:command-results", "output"),
        ("agent:invoices", "table:invoices", "state"),
        ("table:invoices", "topic:invoice-snapshots", "changelog"),
        ("topic:invoice-events", "table:invoice-history", "fold"),
    } <= edges
    known = {node["id"] for node in answers[0]["nodes"]}
    assert {end for edge in edges for end in edge[:2]} <= known


async def test_a_worker_that_serves_is_live_and_ready(http: aiohttp.ClientSession, pair: Cluster) -> None:
    for worker in pair.workers:
        assert (await get(http, f"{worker.url}/health/live"))[0] == 200
        await ready(http, worker.url)


async def test_metrics_tell_of_tasks_lag_and_requests_by_route(http: aiohttp.ClientSession, pair: Cluster) -> None:
    async def series(url: str) -> dict[str, float]:
        async with http.get(f"{url}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            lines = (await answer.text()).splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}

    async def caught_up(url: str) -> Any:
        after = await series(url)
        lags = [value for name, value in after.items() if name.startswith('kawka_lag{agent="invoices"')]
        return after if lags == [0] * 4 and after['kawka_tasks{agent="invoices",state="ready"}'] == 4 else None

    for number in range(8):  # so that each worker has committed something
        await create(http, pair.workers[0].url, id_in(number))
    counted = 'kawka_http_requests_total{method="GET",route="/api/invoices/{id}",status="404"}'
    for worker in pair.workers:
        before = (await series(worker.url)).get(counted, 0)
        await get(http, f"{worker.url}/api/invoices/{new_id()}")
        after = await eventually(partial(caught_up, worker.url), what="no lag of four ready tasks")
        assert after[counted] > before
        assert any(name.startswith("kawka_transactions_total{") for name in after)
        assert any(name.startswith("kawka_http_request_seconds_bucket{") for name in after)
        assert any(name.startswith("kawka_restored_records{") for name in after)
        assert any(name.startswith("kawka_parked_keys{") for name in after)
