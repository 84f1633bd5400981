"""A key lives where Kafka puts it."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from app import admin, topics
from app.engine.owners import Owners
from app.settings import Settings

# What Kafka's own test of its murmur2 expects (org.apache.kafka.common.utils.UtilsTest).
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def owners(settings: Settings) -> Owners:
    app: Any = SimpleNamespace(settings=settings)
    return Owners(app)


@pytest.mark.parametrize(("key", "murmur2"), MURMUR2.items())
def test_a_key_is_hashed_as_kafka_hashes_it(key: bytes, murmur2: int) -> None:
    assert owners(Settings(partitions=1000)).partition(key) == (murmur2 & 0x7FFFFFFF) % 1000


async def test_ten_thousand_keys_are_looked_for_in_the_partition_where_kafka_has_them(broker: str) -> None:
    settings = Settings(broker=broker, topic_prefix="placement-")
    await admin.create(settings, [topics.invoice_commands])
    keys = [f"key-{number}" for number in range(9_990)]
    keys += ["a", "Z" * 64, "0", "x:y", "a.b_c-d", "žluťoučký kůň", "键", "\x7f", " ", "🐦"]
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=5)
    await producer.start()
    try:
        sent = [await producer.send("placement-invoice-commands", b"", key=key.encode()) for key in keys]
        placed = [(await one).partition for one in sent]
    finally:
        await producer.stop()
    assert [owners(settings).partition(key.encode()) for key in keys] == placed
    assert set(placed) == set(range(8))
