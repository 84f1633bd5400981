"""Publishes to an MQTT broker at QoS 1 and waits for its acknowledgements, also over a broker that goes and comes."""

from __future__ import annotations

import logging
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from app.mqtt_url import MqttUrl

log = logging.getLogger(__name__)
MOST_UNACKED = 10_000
CONNECT_S = 5


class PublishError(Exception):
    """The broker refuses us or cannot be reached; the message is one sentence for people."""


class Publisher:
    """Use it as `with Publisher(url) as publisher:`. paho's own thread sends, repeats and reconnects."""

    def __init__(self, url: MqttUrl, cafile: Path | None = None, *, wait_s: float = 0, in_flight: int = 500) -> None:
        """`wait_s`: how long the broker may take until it answers first; `in_flight`: messages on the wire."""
        client = paho.Client(CallbackAPIVersion.VERSION2, clean_session=True)
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(in_flight)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        if url.username is not None:
            client.username_pw_set(url.username, url.password)
        if url.tls:
            client.tls_set_context(ssl.create_default_context(cafile=cafile))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self.acknowledged = 0
        self._sent = 0
        self._url = url
        self._client = client
        self._wait_s = max(wait_s, CONNECT_S)
        self._changed = threading.Condition()
        self._connected: str | None = None  # "" or why not

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, in time; waits while 10,000 are not acknowledged."""
        with self._changed:
            self._changed.wait_for(lambda: self._sent - self.acknowledged < MOST_UNACKED)
            self._sent += 1
        self._client.publish(topic, payload, qos=1)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all is acknowledged; False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self.acknowledged >= self._sent, timeout_s)

    def __enter__(self) -> Self:
        """Connect; PublishError when the broker refuses us or is not there within `wait_s`."""
        self._client.connect_async(self._url.host, self._url.port)
        self._client.loop_start()
        with self._changed:
            answered = self._changed.wait_for(lambda: self._connected is not None, self._wait_s)
        if not answered or self._connected:
            self._client.loop_stop()
            why = self._connected or "it does not answer"
            raise PublishError(f"The MQTT broker {self._url.shown} takes no messages: {why}.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Say goodbye; what is not acknowledged is lost unless `flush` was called."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        with self._changed:
            self._connected = str(code) if code.is_failure else ""
            self._changed.notify_all()

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.value != MQTTErrorCode.MQTT_ERR_SUCCESS:
            log.warning("The MQTT broker %s is away (%s); trying again.", self._url.shown, code)

    def _on_publish(self, *_: Any) -> None:
        with self._changed:
            self.acknowledged += 1
            self._changed.notify_all()
