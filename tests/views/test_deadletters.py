"""Dead letters over HTTP: listed, shown, and their keys let go."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from app import topics
from tests.views.calls import LINE, assert_problem, create, get, partition, send, workers_when
from tests.workers import Cluster, eventually

POISONED = Path(__file__).parents[1] / "faults" / "poisoned.py"
KEY = "poisoned"


async def listed(http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """Give a page of dead letters on which every owner says what waits: one that is slow for a second is left out."""

    async def whole() -> Any:
        status, page, _ = await get(http, url)
        return page if status == 200 and all(each["parked"] is not None for each in page["items"]) else None

    found: dict[str, Any] = await eventually(whole, what=f"a whole page of {url}")
    return found


class Sick:
    """Two workers with a bug for one key, as long as `bug` is there."""

    def __init__(self, cluster: Cluster, bug: Path) -> None:
        self.cluster = cluster
        self.bug = bug
        self.webs = [worker.url for worker in cluster.workers]

    async def letters(self, http: aiohttp.ClientSession, count: int) -> list[dict[str, Any]]:
        """Wait until there are this many."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            nonlocal found
            found = (await listed(http, f"{self.webs[0]}/api/deadletters?limit=1000"))["items"]
            return len(found) == count

        await eventually(there, what=f"{count} dead letters")
        return found


@pytest.fixture
async def sick(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Sick]:
    bug = tmp_path / "bug"
    bug.write_text('"bad"')
    program = (sys.executable, str(POISONED))
    env = {"POISON_FILE": str(bug), "PYTHONPATH": str(Path.cwd())}
    async with Cluster(broker, tmp_path, unique("sick"), program, **env) as cluster:
        cluster.start()
        cluster.start()
        await cluster.settled()
        yield Sick(cluster, bug)


async def garbage(cluster: Cluster, *records: tuple[bytes, bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=cluster.broker)
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(cluster.topic(topics.invoice_commands), value, key=key)
    finally:
        await producer.stop()


async def test_a_command_whose_handler_fails_is_423_and_so_is_what_follows_until_the_key_is_retried(
    http: aiohttp.ClientSession, sick: Sick
) -> None:
    here, there = sick.webs
    await create(http, here, KEY)
    for command_id in ("bad", "next"):
        command = {"type": "AddLineItem", "commandId": command_id, **LINE}
        async with http.post(f"{there}/api/invoices/{KEY}/commands", json=command) as answer:
            body = await assert_problem(answer, 423, "parked")
        assert body["commandId"] == command_id
        assert "a bug in the handler" in body["detail"]
    (letter,) = await sick.letters(http, 1)
    assert (letter["key"], letter["agent"], letter["attempts"], letter["parked"]) == (KEY, "invoices", 1, True)
    assert letter["topic"] == sick.cluster.topic(topics.invoice_commands)
    assert letter["partition"] == partition(KEY)
    workers = await workers_when(http, here, lambda task: task["state"] == "ready")
    assert sum(task["parkedKeys"] for worker in workers for task in worker["tasks"]) == 1
    release = f"{here}/api/deadletters/invoices/{KEY}"
    async with http.post(release, json={"action": "retry"}) as answer:
        assert await answer.json() == {"released": False}
    assert [letter["attempts"] for letter in await sick.letters(http, 2)] == [2, 1]
    sick.bug.unlink()
    for web in sick.webs[::-1]:
        async with http.post(f"{web}/api/deadletters/invoices/{KEY}", json={"action": "retry"}) as answer:
            if web == there:
                assert await answer.json() == {"released": True}
            else:
                await assert_problem(answer, 404, "not-found")
    _, snapshot, _ = await get(http, f"{here}/api/invoices/{KEY}")
    assert snapshot["version"] == 2
    assert [letter["parked"] for letter in await sick.letters(http, 2)] == [False, False]


async def test_a_key_can_be_let_go_by_a_worker_that_has_had_no_record_since_it_started(
    http: aiohttp.ClientSession, sick: Sick
) -> None:
    await create(http, sick.webs[0], KEY)
    for command_id in ("bad", "next"):
        assert (await send(http, sick.webs[0], KEY, "AddLineItem", commandId=command_id, **LINE))[0] == 423
    first = sick.cluster.workers[:]
    await asyncio.gather(*(worker.stop() for worker in first))
    third = sick.cluster.start()
    await sick.cluster.settled(third)
    async with http.post(f"{third.url}/api/deadletters/invoices/{KEY}", json={"action": "discard"}) as answer:
        assert await answer.json() == {"released": True}


async def test_dead_letters_are_listed_newest_first_in_pages_and_shown_with_their_bytes(
    http: aiohttp.ClientSession, sick: Sick
) -> None:
    bad = [(f"k{number}".encode(), b"garbage %d" % number) for number in range(12)]
    for record in bad:  # one by one, so that each has its own time
        await garbage(sick.cluster, record)
    await garbage(sick.cluster, (b"\xff", b"\xff\xfe"))
    letters = await sick.letters(http, 13)
    assert [letter["time"] for letter in letters] == sorted((letter["time"] for letter in letters), reverse=True)
    assert {letter["key"] for letter in letters} == {key.decode() for key, _ in bad} | {"\\xff"}
    assert {letter["parked"] for letter in letters} == {False}
    paged: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await listed(http, f"{sick.webs[1]}/api/deadletters?limit=5{cursor}")
        paged += page["items"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert paged == letters
    for letter in letters:
        _, whole, _ = await get(http, f"{sick.webs[0]}/api/deadletters/{letter['position']}")
        headers = {header["name"]: header["value"] for header in whole["headers"]}
        assert headers["source-offset"] == str(letter["offset"])
        assert whole["size"] == letter["size"]
        if letter["key"] == "\\xff":
            assert base64.b64decode(whole["base64"]) == b"\xff\xfe"
        else:
            assert whole["value"] == f"garbage {letter['key'][1:]}"
    place, _, offset = letters[0]["position"].partition("/")
    async with http.get(f"{sick.webs[0]}/api/deadletters/{place}/{int(offset) + 5}") as answer:
        await assert_problem(answer, 404, "not-found")


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("invoices/none", {"action": "retry"}, 404, None),
        ("none/x", {"action": "retry"}, 404, None),
        ("invoices/x", {"action": "burn"}, 400, "action"),
        ("invoices/x", {}, 400, "action"),
        ("invoices/x", {"action": "retry", "partition": 99}, 400, "partition"),
        ("invoices/x", [], 400, None),
    ],
)
async def test_a_release_that_makes_no_sense_is_refused(
    http: aiohttp.ClientSession, web: str, path: str, body: object, status: int, field: str | None
) -> None:
    async with http.post(f"{web}/api/deadletters/{path}", json=body) as answer:
        await assert_problem(answer, status, "not-found" if status == 404 else "malformed", field)


@pytest.mark.parametrize("path", ["/api/deadletters", "/api/deadletters/0/0"])
async def test_dead_letters_that_cannot_be_read_in_time_are_a_504(
    http: aiohttp.ClientSession, web: str, path: str
) -> None:
    async with http.get(f"{web}{path}?timeout=0.001") as answer:
        await assert_problem(answer, 504, "not-reached")
