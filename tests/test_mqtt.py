"""A connection to an MQTT broker on the event loop that workers use."""

import asyncio
import threading
import time
from pathlib import Path

import uvloop
from paho.mqtt.client import MQTTMessage

from app.local.mosquitto import Mosquitto
from app.mqtt import KEEPALIVE_S, Connection
from app.mqtt_url import MqttUrl
from app.simulate.publisher import Publisher

ACK_AT = 300  # messages read, while more wait to be read


def test_a_broker_that_died_while_we_were_away_is_lost_at_once_though_messages_still_wait(tmp_path: Path) -> None:
    """One late acknowledgement makes the socket's error known; uvloop tells of that once, in the middle of reading."""
    uvloop.run(died_while_away(tmp_path))


async def died_while_away(directory: Path) -> None:
    async with Mosquitto(directory) as mosquitto:
        url, got = MqttUrl.parse(mosquitto.url), list[MQTTMessage]()

        def take(message: MQTTMessage) -> None:
            got.append(message)
            time.sleep(0.0003)  # so that reading takes more than a turn
            if len(got) == ACK_AT:
                connection.ack(got[0])

        def publish() -> None:
            with Publisher(url, wait_s=10) as publisher:
                for number in range(3000):
                    publisher.publish("truck/1/position", b"%d" % number + b" " * 150)
                assert publisher.flush(60)

        connection = Connection(url, "away", take, in_flight=2000)
        async with connection:
            await connection.subscribe("truck/+/position")
            others = threading.Thread(target=publish)
            others.start()
            others.join()  # our loop stands still meanwhile
            mosquitto.kill()
            async with asyncio.timeout(KEEPALIVE_S / 2):  # the keepalive would find out, late
                await asyncio.shield(connection.lost)
            assert len(got) >= ACK_AT
