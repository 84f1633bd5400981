"""Records that no sender should send: each in dead-letters with its source position, all else processed."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from app import topics
from tests.oracle import judge, read_topic, settled
from tests.workers import Cluster, eventually

CREATE = {
    "type": "CreateInvoice",
    "originId": "test",
    "expectedVersion": None,
    "customerName": "Ann",
    "customerEmail": "ann@example.org",
    "issueDate": "2026-01-01",
    "dueDate": "2026-02-01",
    "lineItems": [],
}
ADD = {
    "type": "AddLineItem",
    "originId": "test",
    "expectedVersion": None,
    "description": "x",
    "quantity": "1",
    "price": "2",
}


def add(**changes: Any) -> bytes:
    return orjson.dumps({**ADD, "commandId": "a", **changes})


BAD: dict[str, tuple[bytes | None, bytes | None]] = {
    "garbage bytes": (b"k1", b"\x00\xff\xfe garbage"),
    "text where a number belongs": (b"k2", add(expectedVersion="one")),
    "a number where text belongs": (b"k3", add(description=7)),
    "1e999999": (b"k4", add().replace(b'"2"', b"1e999999")),
    "NaN": (b"k5", add().replace(b'"2"', b"NaN")),
    "a null value": (b"k6", None),
    "an empty value": (b"k6", b""),
    "an empty key": (b"", add()),
    "no key": (None, add()),
    "a key that is no id": (b"a key/../with\nblanks", add()),
    "an unknown type": (b"k7", add(type="BurnInvoice")),
    "no type": (b"k8", b"{}"),
    "nested brackets": (b"k9", b"[" * 100_000),
    "a list": (b"k10", b"[1,2]"),
}


def create(key: str, command_id: str) -> tuple[bytes, bytes]:
    return key.encode(), orjson.dumps({**CREATE, "commandId": command_id})


async def produce(cluster: Cluster, *records: tuple[bytes | None, bytes | None]) -> list[tuple[int, int]]:
    """Send records one by one; gives partition and offset of each."""
    producer = AIOKafkaProducer(bootstrap_servers=cluster.broker)
    await producer.start()
    try:
        topic = cluster.topic(topics.invoice_commands)
        # aiokafka refuses a record with neither key nor value, and one without a key goes anywhere
        sent = [await producer.send_and_wait(topic, value, key=key) for key, value in records]
        return [(one.partition, one.offset) for one in sent]
    finally:
        await producer.stop()


async def lag(cluster: Cluster) -> int:
    """How many records of the command topic the agent's positions have not passed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.broker)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(f"{cluster.name}.invoices")
        records = await read_topic(cluster.broker, cluster.topic(topics.invoice_commands))
        return sum(
            1
            for r in records
            if all(tp.partition != r.partition or at.offset <= r.offset for tp, at in committed.items())
        )
    finally:
        await admin.close()


async def dead(cluster: Cluster) -> list[dict[str, Any]]:
    records = await read_topic(cluster.broker, cluster.topic(topics.dead_letters))
    return [{"key": r.key, "value": r.value, **{name: value.decode() for name, value in r.headers}} for r in records]


async def test_every_bad_record_is_buried_with_its_source_and_all_else_is_processed(cluster: Cluster) -> None:
    cluster.start()
    await cluster.settled()
    good = [create(f"good-{number}", f"g{number}") for number in range(len(BAD))]
    mixed = [record for pair in zip(BAD.values(), good, strict=True) for record in pair]
    places = await produce(cluster, *mixed)
    log = await settled(cluster.broker, f"{cluster.name}-")

    async def all_buried() -> bool:
        return len(await dead(cluster)) == len(BAD)

    await eventually(all_buried, what="every bad record in dead-letters")
    buried = {(int(d["source-partition"]), int(d["source-offset"])): d for d in await dead(cluster)}
    for (name, (key, value)), place in zip(BAD.items(), places[::2], strict=True):
        assert buried[place]["value"] == value, name
        assert buried[place]["key"] == key, name
        assert buried[place]["source-topic"] == cluster.topic(topics.invoice_commands)
        assert buried[place]["agent"] == "invoices"
        assert buried[place]["attempts"] == "1"
        assert buried[place]["error"], name
    assert judge(log) == []
    assert len(log.results) == len(good)

    async def none_left() -> bool:
        return await lag(cluster) == 0

    await eventually(none_left, what="positions behind all commands")


async def test_an_undecodable_record_does_not_make_its_key_wait(cluster: Cluster) -> None:
    cluster.start()
    await cluster.settled()
    await produce(cluster, (b"k", b"garbage"), create("k", "c1"))
    log = await settled(cluster.broker, f"{cluster.name}-")
    assert [orjson.loads(r.value)["ok"] for r in log.results] == [True]


class Poison:
    """A worker with a bug for one key, which can be mended."""

    def __init__(self, cluster: Cluster, file: Path) -> None:
        self.cluster = cluster
        self.file = file
        self.worker = cluster.start(POISON_FILE=str(file))

    async def command_line(self, *arguments: str) -> tuple[int, str]:
        """Run `kawka deadletters ...` against the worker."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", "deadletters", *arguments, "--url", self.worker.url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def results(self) -> list[str]:
        """Give the command ids decided for the key, in order."""
        records = await read_topic(self.cluster.broker, self.cluster.topic(topics.command_results))
        return [orjson.loads(r.value)["commandId"] for r in records if r.key == b"poisoned"]

    async def decided(self, *command_ids: str) -> None:
        """Wait until exactly these are decided: a commit is answered before its markers are written."""

        async def so() -> bool:
            return await self.results() == list(command_ids)

        await eventually(so, what=f"results {command_ids}")

    async def parked(self, count: int) -> None:
        async def waiting() -> bool:
            return len(await read_topic(self.cluster.broker, self.cluster.topic(topics.invoices_parked))) == count

        await eventually(waiting, what=f"{count} parked records")


@pytest.fixture
async def poison(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Poison]:
    program = (sys.executable, str(Path(__file__).with_name("poisoned.py")))
    async with Cluster(broker, tmp_path, unique("poison"), program, PYTHONPATH=str(Path.cwd())) as cluster:
        file = tmp_path / "poison"
        file.write_text('"a1"')
        poison = Poison(cluster, file)
        await cluster.settled()
        yield poison


def line(command_id: str) -> tuple[bytes, bytes]:
    return b"poisoned", orjson.dumps({**ADD, "commandId": command_id})


async def test_a_parked_key_waits_in_order_and_goes_on_when_it_is_retried(poison: Poison) -> None:
    cluster = poison.cluster
    await produce(cluster, create("poisoned", "c1"), line("a1"), line("a2"), line("a3"), create("other", "o1"))
    await poison.parked(3)
    await poison.decided("c1")
    status, output = await poison.command_line("retry", "poisoned")
    assert status == 1, output

    async def tried_twice() -> bool:
        return [d["attempts"] for d in await dead(cluster)] == ["1", "2"]

    await eventually(tried_twice, what="a second dead letter")
    assert await poison.results() == ["c1"]
    poison.file.unlink()
    status, output = await poison.command_line("retry", "poisoned")
    assert status == 0, output
    await poison.decided("c1", "a1", "a2", "a3")
    await produce(cluster, line("a4"))
    assert judge(await settled(cluster.broker, f"{cluster.name}-")) == []


async def test_discarding_gives_up_the_record_that_failed_and_no_other(poison: Poison) -> None:
    await produce(poison.cluster, create("poisoned", "c1"), line("a1"), line("a2"))
    await poison.parked(2)
    status, output = await poison.command_line("discard", "poisoned")
    assert status == 0, output
    await poison.decided("c1", "a2")


async def test_a_parked_key_still_waits_after_a_restart(poison: Poison) -> None:
    await produce(poison.cluster, create("poisoned", "c1"), line("a1"))
    await poison.parked(1)
    await poison.worker.stop()
    poison.worker.start()
    await poison.cluster.settled()
    await produce(poison.cluster, line("a2"))
    await poison.parked(2)
    await poison.decided("c1")
    poison.file.unlink()
    status, output = await poison.command_line("retry", "poisoned")
    assert status == 0, output
    await poison.decided("c1", "a1", "a2")


async def test_releasing_a_key_that_does_not_wait_says_so(poison: Poison) -> None:
    status, output = await poison.command_line("retry", "nobody")
    assert status == 1
    assert "not-found" in output
