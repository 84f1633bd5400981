"""One connection to an MQTT broker, on this event loop: paho's protocol, without its thread.

paho hands its socket to any event loop (its documented "external event loop support"). So messages, their
acknowledgements and the loss of the connection come one after the other, and nothing needs a lock. A connection is
used once: an acknowledgement names a message by a number that the broker may give to another one after a reconnect,
so none may outlive the connection its message came by.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from app.mqtt_url import MqttUrl

CONNECT_S = 10
ANSWER_S = 5
KEEPALIVE_S = 30
MISC_S = 1.0
FOR_EVER = 0xFFFF_FFFF  # MQTT 5's session expiry interval that never ends
SLICE_S = 0.001  # of reading, then others on the loop have their turn


class MqttError(Exception):
    """The broker cannot be reached, refuses us or is lost; the message is one sentence for people."""


class OldBroker(MqttError):
    """The broker does not answer to MQTT 5: it speaks 3.1.1 only, or is too slow."""


class Connection:
    """Use it as `async with`; `lost` is done, with why, when the connection has gone."""

    def __init__(
        self,
        url: MqttUrl,
        client_id: str,
        on_message: Callable[[paho.MQTTMessage], None],
        cafile: Path | None = None,
        *,
        in_flight: int,
        version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
    ) -> None:
        """`on_message` is called on this loop and must not block. The session is persistent under `client_id`.

        `in_flight`: messages that the broker may send before the first is acknowledged. Only MQTT 5 can tell it so.
        """
        self.lost: asyncio.Future[MqttError] = asyncio.get_running_loop().create_future()
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._received = 0
        self._reading = False
        self._misc: asyncio.TimerHandle | None = None
        self._on_message = on_message
        self._socket: Any = None
        self._new = version == MQTTProtocolVersion.MQTTv5
        self._session: dict[str, Any] = {}
        kept: bool | None = False
        if self._new:
            properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = min(in_flight, 65535)
            properties.SessionExpiryInterval = FOR_EVER
            self._session, kept = {"clean_start": False, "properties": properties}, None
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=kept, protocol=version, manual_ack=True
        )
        client.connect_timeout = CONNECT_S
        if url.username is not None:
            client.username_pw_set(url.username, url.password)
        if url.tls:
            client.tls_set_context(ssl.create_default_context(cafile=cafile))
        client.on_connect = lambda _client, _data, _flags, code, _properties: self._answer("connect", code)
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._answer("subscribe", codes[0])
        client.on_disconnect = lambda _client, _data, _flags, code, _properties: self._gone(str(code))
        client.on_message = lambda _client, _data, message: self._take(message)
        self._client = client

    async def __aenter__(self) -> Self:
        """Connect; MqttError when that does not work within 10 s."""
        try:
            where = self._url.host, self._url.port, KEEPALIVE_S
            await asyncio.to_thread(self._client.connect, *where, **self._session)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise MqttError(f"MQTT broker {self._url.shown} cannot be reached: {error}") from error
        self._watch()
        try:
            await self._welcome()
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Say goodbye, after what was acknowledged has been written; the session stays with the broker."""
        if not self.lost.done():
            self._client.disconnect()
            await asyncio.wait([self.lost], timeout=1)
        self._close()

    async def subscribe(self, filter_: str) -> None:
        """Ask for messages at QoS 1; MqttError when the broker does not grant them."""
        self._client.subscribe(filter_, qos=1)
        code = await self._ask("subscribe")
        if code.is_failure:
            raise MqttError(f"MQTT broker {self._url.shown} does not grant {filter_}: {code}")

    def ack(self, message: paho.MQTTMessage) -> None:
        """Acknowledge a message of this connection; of a lost one: nothing, for the broker sends it again."""
        if message.qos and not self.lost.done():
            self._client.ack(message.mid, message.qos)

    def pause(self) -> None:
        """Read no more for now: the broker keeps what comes."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._socket)

    def resume(self) -> None:
        """Read again after `pause`."""
        if not self._reading and not self.lost.done():
            self._reading = True
            self._loop.add_reader(self._socket, self._read)
            self._loop.call_soon(self._read)  # TLS may hold bytes that make no socket readable

    async def _welcome(self) -> None:
        code = await self._ask("connect")
        if code.is_failure:
            kind = OldBroker if self._new and str(code) == "Unsupported protocol version" else MqttError
            raise kind(f"MQTT broker {self._url.shown} refuses us: {code}")

    def _watch(self) -> None:
        """Let the loop drive the socket; until now paho wrote on its own."""
        client = self._client
        self._socket = client.socket()
        if self._socket is None:
            raise MqttError(f"MQTT broker {self._url.shown} broke off.")
        if isinstance(self._socket, socket.socket):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.on_socket_register_write = lambda *_: self._loop.add_writer(self._socket, client.loop_write)
        client.on_socket_unregister_write = lambda *_: self._stop_writing()
        client.on_socket_close = lambda *_: self._forget_socket()
        if client.want_write():
            self._loop.add_writer(self._socket, client.loop_write)
        self.resume()
        self._misc = self._loop.call_later(MISC_S, self._tick)

    def _read(self) -> None:
        until = time.monotonic() + SLICE_S
        while self._reading:
            before = self._received
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or before == self._received:
                break  # lost, or nothing whole is left
            if time.monotonic() > until:
                # Not the socket's readiness: TLS may hold bytes that make none, and once a socket has an error, uvloop
                # tells of it a single time, also when bytes wait before the error.
                self._loop.call_soon(self._read)
                break

    def _tick(self) -> None:
        if not self.lost.done():
            self._client.loop_misc()
            self._read()  # should an error have been told of between two reads
            if self._client.want_write():
                self._client.loop_write()
            self._misc = self._loop.call_later(MISC_S, self._tick)

    def _take(self, message: paho.MQTTMessage) -> None:
        self._received += 1
        self._on_message(message)

    async def _ask(self, what: str) -> Any:
        answer = self._answers[what] = self._loop.create_future()
        await asyncio.wait([answer, self.lost], timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        del self._answers[what]
        if answer.done():
            return answer.result()
        if self.lost.done():
            raise self.lost.result()
        kind = OldBroker if self._new and what == "connect" else MqttError
        raise kind(f"MQTT broker {self._url.shown} does not answer.")

    def _answer(self, what: str, code: Any) -> None:
        answer = self._answers.get(what)
        if answer is not None and not answer.done():
            answer.set_result(code)

    def _gone(self, why: str) -> None:
        if not self.lost.done():
            self.lost.set_result(MqttError(f"MQTT broker {self._url.shown} is lost: {why}"))

    def _stop_writing(self) -> None:
        self._loop.remove_writer(self._socket)

    def _forget_socket(self) -> None:
        self._reading = False
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)

    def _close(self) -> None:
        if self._misc is not None:
            self._misc.cancel()
        self._gone("closed")
        if (open_one := self._client.socket()) is not None:
            self._forget_socket()
            self._client.on_socket_close = None  # paho closes it once more when it is collected
            open_one.close()
