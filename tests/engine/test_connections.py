"""A connection that has just broken, under uvloop."""

import asyncio
from contextlib import suppress

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

import app.engine.connections  # noqa: F401 - it changes aiokafka's

TURNS = 5  # after two of them aiokafka has noticed by itself


async def ask(broker: str) -> list[type[BaseException]]:
    """Break a connection and ask over it at once, in each turn of the loop; what that raised."""
    raised: list[type[BaseException]] = []
    for turn in range(TURNS):
        client = AIOKafkaClient(bootstrap_servers=broker)
        await client.bootstrap()
        await client.force_metadata_update()
        (connection,) = client._conns.values()
        connection._writer.transport.abort()
        for _ in range(turn):
            await asyncio.sleep(0)
        try:
            await connection.send(MetadataRequest([]))
        except Exception as error:  # noqa: BLE001 - what it is, is the question
            raised.append(type(error))
        assert await client._metadata_update(client.cluster, []), "it connects anew"
        await client.close()
    return raised


def test_it_is_an_error_of_kafka_and_the_client_connects_anew(broker: str) -> None:
    assert uvloop.run(ask(broker)) == [KafkaConnectionError] * TURNS


def test_without_us_it_would_not_be(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should this fail, aiokafka or uvloop has changed, and engine/connections.py may not be needed any more."""
    monkeypatch.setattr(AIOKafkaConnection, "send", AIOKafkaConnection.send.__wrapped__)
    found: list[type[BaseException]] = []
    with suppress(RuntimeError):
        found = uvloop.run(ask(broker))
    assert found != [KafkaConnectionError] * TURNS
