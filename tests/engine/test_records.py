"""What a consumer of ours reads is what aiokafka reads, whatever wrote it, with the compiled unpacking and without."""

import asyncio
import shutil
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from app import admin
from app.engine import batches, records
from app.settings import Settings
from app.topics import Topic
from tests.workers import eventually


@pytest.fixture(params=["compiled", "aiokafka"])
def unpacking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have it unpacked by the one or the other."""
    if request.param == "aiokafka":
        monkeypatch.setattr(records, "compiled", None)
        monkeypatch.setattr(fetcher, "MemoryRecords", MemoryRecords)
    return str(request.param)


def test_it_is_compiled_wherever_it_can_be() -> None:
    if shutil.which("cc") and (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        assert batches.compiled is not None


async def written(broker: str, tp: TopicPartition) -> None:
    """Write what comes in many shapes: committed and aborted, one by one and many at once, compressed, empty, null."""
    names = [("schema", b"1"), ("who", b"x")]
    async with AIOKafkaProducer(bootstrap_servers=broker, transactional_id=tp.topic) as producer:
        for number, aborts in enumerate([False, True, False, True, True, False]):
            await producer.begin_transaction()
            for one in range(number * 7 + 1):
                value = None if one % 5 == 4 else b"%d/%d" % (number, one)
                await producer.send(tp.topic, value, key=b"k%d" % one, partition=0, headers=names[: one % 3])
            await (producer.abort_transaction() if aborts else producer.commit_transaction())
    async with AIOKafkaProducer(bootstrap_servers=broker, compression_type="gzip", linger_ms=50) as producer:
        await asyncio.gather(*(producer.send_and_wait(tp.topic, b"z" * 500, partition=0) for _ in range(40)))


async def read(broker: str, tp: TopicPartition, first: int, *, ours: bool) -> list[tuple[Any, ...]]:
    async with AIOKafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed") as consumer:
        if ours:
            records.light_records(consumer)
        consumer.assign([tp])
        consumer.seek(tp, first)
        end = (await consumer.end_offsets([tp]))[tp]
        found: list[tuple[Any, ...]] = []
        while await consumer.position(tp) < end:
            for some in (await consumer.getmany(timeout_ms=200)).values():
                assert not ours or all(type(one) is records.Record for one in some)
                found += [(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in some]
        return found


@pytest.mark.usefixtures("unpacking")
async def test_it_reads_what_aiokafka_reads_from_wherever_it_begins(broker: str, unique: Callable[[str], str]) -> None:
    topic = Topic(unique("records"), key="k")
    await admin.create(Settings(broker=broker), [topic])
    tp = TopicPartition(topic.name, 0)
    await written(broker, tp)

    async def all_of_it() -> list[tuple[Any, ...]]:  # a commit is answered before its markers are written
        found = await read(broker, tp, 0, ours=False)
        return found if len(found) >= 1 + 15 + 36 + 40 else []

    whole = await eventually(all_of_it, what="all that was committed")
    assert len(whole) == 1 + 15 + 36 + 40
    for first in (0, 1, whole[3][2], whole[20][2] + 1, whole[60][2]):
        assert await read(broker, tp, first, ours=True) == [one for one in whole if one[2] >= first]


def partition_of(raw: bytes) -> Any:
    """What aiokafka's fetcher makes of the bytes it has fetched, unpacked by ours."""
    tp = TopicPartition("topic", 0)
    some = fetcher.PartitionRecords(tp, fetcher.MemoryRecords(raw), None, 0, None, None, True, fetcher.READ_COMMITTED)
    some.__class__ = records._Unpacked
    return some


def raw_batch(offset: int, *values: bytes, magic: int = 2) -> bytearray:
    if magic == 2:
        builder = aiokafka.record.default_records.DefaultRecordBatchBuilder(2, 0, 0, -1, -1, 0, 10_000)
        for one, value in enumerate(values):
            builder.append(one, 1000 + one, None, value, [])
    else:
        builder = aiokafka.record.legacy_records.LegacyRecordBatchBuilder(magic, 0, 10_000)
        for one, value in enumerate(values):
            builder.append(one, 1000 + one, b"key", value)
    built = bytearray(builder.build())
    built[:8] = offset.to_bytes(8, "big")
    return built


@pytest.mark.usefixtures("unpacking")
def test_a_batch_that_is_cut_off_waits_for_the_next_fetch() -> None:
    whole, cut = raw_batch(0, b"a", b"b"), raw_batch(2, b"c")
    for end in (5, 13, 60, len(cut) - 1):
        some = partition_of(bytes(whole + cut[:end]))
        assert [one.value for one in some.rest()] == [b"a", b"b"]
        assert some.next_fetch_offset == 2


@pytest.mark.usefixtures("unpacking")
def test_a_corrupt_batch_is_an_error() -> None:
    bad = raw_batch(2, b"c")
    bad[-2] ^= 1
    with pytest.raises(CorruptRecordException):
        partition_of(bytes(raw_batch(0, b"a", b"b") + bad)).rest()


@pytest.mark.usefixtures("unpacking")
@pytest.mark.parametrize("length", [-(2**31), -12, -1, 0, 13])
def test_a_batch_of_no_length_is_an_error_and_no_endless_loop(length: int) -> None:
    bad = raw_batch(2, b"c")
    bad[8:12] = length.to_bytes(4, "big", signed=True)
    with pytest.raises(CorruptRecordException):
        partition_of(bytes(raw_batch(0, b"a", b"b") + bad)).rest()


@pytest.mark.skipif(batches.compiled is None, reason="aiokafka's own reading fails when anything follows such a batch")
@pytest.mark.parametrize("magic", [0, 1])
def test_batches_of_former_formats_are_read(magic: int) -> None:
    some = partition_of(bytes(raw_batch(0, b"a", magic=magic) + raw_batch(1, b"b", b"c")))
    assert [one.value for one in some.rest()] == [b"a", b"b", b"c"]
