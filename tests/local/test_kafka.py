"""A real Kafka on this machine: what was written stays, and what cannot start says so in one sentence."""

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from app import admin
from app.local import kafka as module
from app.local.errors import LocalError
from app.local.kafka import LocalKafka
from app.local.process import spawn
from app.settings import Settings
from app.topics import Topic


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Give a Kafka that these tests may kill, as long as they start it again."""
    with LocalKafka(tmp_path_factory.mktemp("own")) as kafka:
        yield kafka


@pytest.fixture
async def topic(own: LocalKafka, unique: Callable[[str], str]) -> str:
    topic = Topic(unique("letters"), key="none")
    await admin.create(Settings(broker=own.broker, partitions=1), [topic])
    return topic.name


async def write(kafka: LocalKafka, topic: str, *values: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.broker, enable_idempotence=True) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def read(kafka: LocalKafka, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.broker, auto_offset_reset="earliest")
    async with consumer, asyncio.timeout(60):
        consumer.assign([TopicPartition(topic, 0)])
        return [(await consumer.getone()).value for _ in range(count)]


@pytest.mark.long
async def test_records_survive_a_kill_and_a_stop_on_the_same_port(own: LocalKafka, topic: str) -> None:
    broker, first = own.broker, own.pid
    await write(own, topic, b"a")
    own.kill()
    await own.start()
    await write(own, topic, b"b")
    await own.stop()
    await own.start()
    assert await read(own, topic, 2) == [b"a", b"b"]
    assert own.broker == broker
    assert own.pid != first


async def test_it_listens_on_loopback_only(own: LocalKafka) -> None:
    listening = [one.laddr.ip for one in psutil.Process(own.pid).net_connections() if one.status == "LISTEN"]
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


async def test_a_frozen_kafka_goes_on_when_it_is_thawed(own: LocalKafka, topic: str) -> None:
    own.freeze()
    writing = asyncio.create_task(write(own, topic, b"late"))
    assert psutil.Process(own.pid).status() == psutil.STATUS_STOPPED
    own.thaw()
    await writing
    assert await read(own, topic, 1) == [b"late"]


async def test_a_second_kafka_on_the_same_data_is_refused(own: LocalKafka) -> None:
    with pytest.raises(LocalError, match=f"process {own.pid}"):
        await LocalKafka(own.data_dir).start()


async def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalError, match=f"^Port {port} for Kafka is in use"):
            await LocalKafka(tmp_path, port).start()


async def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"cannot keep its data in .*: Not a directory\.$"):
        await LocalKafka(tmp_path / "file" / "kafka").start()


async def test_a_disk_without_room_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEEDED_BYTES", 1 << 60)  # no disk has that
    with pytest.raises(LocalError, match="make room"):
        await LocalKafka(tmp_path).start()


@pytest.mark.long
async def test_a_kafka_that_dies_while_starting_says_why(tmp_path: Path) -> None:
    kafka = LocalKafka(tmp_path / "kafka")
    async with kafka:
        pass
    (kafka.data_dir / "log" / "meta.properties").write_text("version=1\nnode.id=7\n")
    with pytest.raises(LocalError, match="ended while starting"):
        await kafka.start()
    assert kafka.process is None


@pytest.mark.long
async def test_it_dies_with_a_process_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import time; from pathlib import Path; from app.local.kafka import LocalKafka\n"
        f"with LocalKafka(Path({str(tmp_path / 'kafka')!r})) as kafka: print(kafka.pid, flush=True); time.sleep(600)"
    )
    parent = spawn([sys.executable, "-c", script], tmp_path / "log")
    async with asyncio.timeout(60):
        while not (tmp_path / "log").read_text().endswith("\n"):
            await asyncio.sleep(0.05)
    java = psutil.Process(int((tmp_path / "log").read_text()))
    parent.kill()
    parent.wait()
    assert psutil.wait_procs([java], timeout=20)[1] == []
