"""MQTT truck/+/position -> truck_position, dead-letters.

One worker bridges for all, elected by the group, under a persistent session: while leadership moves, the broker keeps
what comes. With KAWKA_MQTT_SHARE every worker takes a share. MQTT hears of a message's arrival only after Kafka has
it, so a message may come twice and is never lost. Any doubt ends the connection: the broker then sends again.
"""

import asyncio
import socket
from functools import partial
from hashlib import blake2b
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from prometheus_client import Counter, Gauge

from app.engine.elected import Elected
from app.engine.store import now_ms
from app.main import app
from app.mqtt import Connection, OldBroker
from app.mqtt_door import AGENT, Outgoing, admit, dead
from app.mqtt_url import MqttUrl

FILTER = "truck/+/position"
NAME = AGENT.decode()
TURN = 32  # messages handled before others on the loop have their turn
STOP_S = 1.0
VERSIONS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
REFUSED = (InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError)  # by Kafka, of the record itself

_in_flight = Gauge("kawka_mqtt_in_flight", "MQTT messages taken and not yet in Kafka", registry=app.metrics.registry)
_connected = Gauge("kawka_mqtt_connected", "1 while this worker is the MQTT bridge", registry=app.metrics.registry)
_messages = Counter("kawka_mqtt_messages", "MQTT messages that Kafka has", ("topic",), registry=app.metrics.registry)


class Bridge:
    """Carries the messages of one MQTT connection into Kafka, in their order."""

    def __init__(self, producer: AIOKafkaProducer, in_flight: int) -> None:
        self._producer = producer
        self._most = in_flight
        self._arrived = asyncio.Event()
        self._waiting: list[MQTTMessage] = []
        self._unacked = 0
        self._stopping = False
        self._connection: Connection

    async def run(self, url: MqttUrl, client_id: str, filter_: str) -> None:
        """Bridge until cancelled; MqttError or KafkaError when the broker or Kafka is lost."""
        try:
            await self._run(url, client_id, filter_, VERSIONS[url.version or "5"])
        except OldBroker:
            if url.version:
                raise
            await self._run(url, client_id, filter_, VERSIONS["3.1.1"])

    async def _run(self, url: MqttUrl, client_id: str, filter_: str, version: MQTTProtocolVersion) -> None:
        cafile = app.settings.mqtt_cafile
        self._connection = Connection(url, client_id, self._take, cafile, in_flight=self._most, version=version)
        async with self._connection as connection:
            pump = asyncio.create_task(self._pump())  # first: what waited comes before the broker's answer to subscribe
            ends: list[asyncio.Future[Any]] = [pump, connection.lost]
            try:
                await connection.subscribe(filter_)
                _connected.set(1)
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if pump.done():
                    pump.result()
                raise connection.lost.result()
            finally:
                _connected.set(0)
                self._stopping = True
                self._arrived.set()
                connection.pause()
                await asyncio.wait([pump], timeout=STOP_S)  # acknowledge what is on its way, so that it comes once
                pump.cancel()
                _in_flight.dec(self._unacked)

    def _take(self, message: MQTTMessage) -> None:
        self._waiting.append(message)
        self._unacked += 1
        _in_flight.inc()
        self._arrived.set()
        if self._unacked > self._most:  # MQTT 5 never comes to that
            self._connection.pause()

    async def _pump(self) -> None:
        while not self._stopping:
            await self._arrived.wait()
            self._arrived.clear()
            messages, self._waiting = self._waiting, []
            await self._carry(messages)

    async def _carry(self, messages: list[MQTTMessage]) -> None:
        """Write messages, each acknowledged as soon as its record is durable."""
        sends: list[asyncio.Future[object]] = []
        for number, message in enumerate(messages):
            out = admit(topic_of(message), bytes(message.payload), now_ms(), app.settings.mqtt_max_ahead * 1000)
            sent = await self._send(out)
            sent.add_done_callback(partial(self._durable, message, out))
            sends.append(sent)
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
        results = await asyncio.gather(*sends, return_exceptions=True)
        failed = [message for message, result in zip(messages, results, strict=True) if isinstance(result, Exception)]
        if not failed:
            return
        if not any(isinstance(result, REFUSED) for result in results):
            raise next(result for result in results if isinstance(result, Exception))
        for message in failed:
            await self._carry_alone(message)

    async def _carry_alone(self, message: MQTTMessage) -> None:
        """Write a message that shared a batch with one that Kafka refuses; if it is itself refused, a dead letter.

        A refusal leaves a gap in the idempotent producer's numbers: a new one each time.
        """
        await self._renew()
        out = admit(topic_of(message), bytes(message.payload), now_ms(), app.settings.mqtt_max_ahead * 1000)
        try:
            await (await self._send(out))
        except REFUSED as error:
            await self._renew()
            out = dead(topic_of(message), bytes(message.payload), f"Kafka refuses it: {error}", now_ms())
            await (await self._send(out))
        self._done(message, out)

    async def _send(self, out: Outgoing) -> "asyncio.Future[object]":
        topic, headers = app.topic_name(out.topic), list(out.headers)
        sent: asyncio.Future[object] = await self._producer.send(
            topic, out.value, key=out.key, timestamp_ms=out.timestamp, headers=headers
        )
        return sent

    def _durable(self, message: MQTTMessage, out: Outgoing, sent: "asyncio.Future[object]") -> None:
        if not sent.cancelled() and sent.exception() is None:
            self._done(message, out)

    def _done(self, message: MQTTMessage, out: Outgoing) -> None:
        self._connection.ack(message)
        self._unacked -= 1
        _in_flight.dec()
        _messages.labels(out.topic.name).inc()
        if self._unacked <= self._most and not self._stopping:
            self._connection.resume()

    async def _renew(self) -> None:
        await self._producer.stop()
        self._producer = app.new_producer()
        await self._producer.start()

    async def close(self) -> None:
        """Let go of the producer, also while Kafka is away."""
        try:
            await asyncio.wait_for(self._producer.stop(), STOP_S)
        except (TimeoutError, KafkaError):
            await self._producer._sender.close()  # noqa: SLF001 -- else it goes on trying behind the next bridge's back
            await self._producer.client.close()


def topic_of(message: MQTTMessage) -> str:
    """The message's MQTT topic, also where it is not the UTF-8 that it must be."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return FILTER


async def bridge(client_id: str, filter_: str = FILTER) -> None:
    """Carry MQTT messages into Kafka until cancelled or until either side is lost: who calls tries again."""
    assert app.settings.mqtt_url is not None
    producer = app.new_producer()
    await producer.start()
    work = Bridge(producer, app.settings.mqtt_in_flight)
    try:
        await work.run(MqttUrl.parse(app.settings.mqtt_url), client_id, filter_)
    finally:
        await work.close()


class Everywhere(Elected):
    """Work that every worker does."""

    @property
    def leads(self) -> bool:
        """Always."""
        return True


def slot() -> str:
    """Name this worker's slot: the same after a restart over the same data, another one on every machine."""
    place = f"{socket.gethostname()}:{app.settings.data_dir.absolute()}"
    return blake2b(place.encode(), digest_size=6).hexdigest()


client = f"{app.settings.prefix}-{NAME}"
if app.settings.mqtt_url and app.settings.mqtt_share:
    shared = f"$share/{app.settings.mqtt_share}/{FILTER}"
    app.elections.append(Everywhere(app, NAME, "", partial(bridge, f"{client}-{slot()}", shared)))
elif app.settings.mqtt_url:
    app.elected(NAME, by="truck-positions")(partial(bridge, client))
