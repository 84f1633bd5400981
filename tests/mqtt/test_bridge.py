"""The bridge from a real mosquitto to a real Kafka: what comes in, what is refused, and how."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from app import codec, codec_trucks, topics
from app.local.mosquitto import Mosquitto
from app.topics import MIB
from tests.mqtt.trucks import arrived, bridging, messages, metrics, position, publish, records
from tests.workers import Cluster, eventually


async def test_json_and_csv_become_the_record_of_the_contract_under_the_trucks_id(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    await bridging(cluster.start())
    one = position(1, 101, timestamp=int(time.time() * 1000) - 5000, correlation_id="-4802309397906690837")
    strange = position(2, 7, event_type="Juggling")
    old = b"1522846456703,101,31,1927624662,Normal,37.31,-94.31,-4802309397906690837"
    sent = [codec.encode(one), codec_trucks.to_csv(one), codec.encode(strange), old]
    await publish(mosquitto.url, [("truck/101/position", payload) for payload in sent])
    found = await records(cluster, topics.truck_position, 4)
    assert len(found) == 4
    of_101 = [record for record in found if record.key == b"101"]
    assert [json.loads(record.value) for record in of_101[:2]] == [
        {
            "timestamp": one.timestamp,
            "truckId": 101,
            "driverId": 27,
            "routeId": 1927624662,
            "eventType": "Normal",
            "latitude": 37.31,
            "longitude": -94.31,
            "correlationId": "-4802309397906690837",
        }
    ] * 2
    assert [record.timestamp for record in of_101] == [one.timestamp, one.timestamp, 1522846456703]
    assert [json.loads(record.value)["eventType"] for record in found if record.key == b"7"] == ["Juggling"]


async def test_what_is_bad_goes_to_dead_letters_once_with_its_mqtt_topic_and_the_rest_goes_on(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    worker = cluster.start()
    await bridging(worker)
    good = position(1)
    bad = {
        b"1522846456703,101,31": "fields",
        codec_trucks.to_csv(position(2, latitude=999)): "latitude",
        b'{"timestamp":"now"}': "timestamp",
        codec_trucks.to_csv(good).replace(b",27,", b",,"): "driverId is empty",
        codec.encode(good).replace(b'"driverId":27', b'"driverId":""'): "driverId",
        codec_trucks.to_csv(position(3, timestamp=good.timestamp + 7200_000)): "ahead",
        codec_trucks.to_csv(position(4, timestamp=good.timestamp - 11 * 366 * 86_400_000)): "10 years",
        b"x" * (MIB + 1): "bytes",
        b"y" * (5 * MIB): "bytes",
        b"": "fields",
        b"\xff\xfe": "UTF-8",
        b'{"a":' * 100_000: "",
    }
    sent = [("truck/55/position", payload) for payload in bad]
    await publish(mosquitto.url, [*sent, ("truck/101/position", codec.encode(good)), sent[0]])
    assert await arrived(cluster, [1]) == 1
    found = await records(cluster, topics.dead_letters, len(bad) + 1)
    assert len(found) == len(bad) + 1
    for record in found:
        headers = dict(record.headers)
        assert headers["source-topic"] == b"truck/55/position"
        assert headers["agent"] == b"mqtt-bridge"
        assert record.key == b"55"
        whole = next(payload for payload in bad if payload.startswith(record.value) and (record.value or not payload))
        assert bad[whole] in headers["error"].decode()
        assert record.value == whole or headers["cut-from-bytes"] == str(len(whole)).encode()

    async def nothing_waits() -> bool:
        return "kawka_mqtt_in_flight 0.0" in await metrics(worker)

    await eventually(nothing_waits)


async def test_one_worker_bridges_for_all_and_every_message_comes_once(cluster: Cluster, mosquitto: Mosquitto) -> None:
    workers = cluster.start(), cluster.start()
    await cluster.settled()
    await bridging(*workers)
    await publish(mosquitto.url, messages(range(500)))
    assert await arrived(cluster, range(500)) == 500
    connected = [text.count("kawka_mqtt_connected 1.0") for text in await asyncio.gather(*map(metrics, workers))]
    assert sorted(connected) == [0, 1]


async def test_a_broker_that_goes_and_comes_is_a_line_each_time_and_loses_nothing(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    worker = cluster.start()
    await bridging(worker)
    await publish(mosquitto.url, messages(range(100)))
    await arrived(cluster, range(100))
    await mosquitto.save()
    mosquitto.kill()

    async def tries_again() -> bool:
        return "cannot be reached" in worker.log.read_text()

    await eventually(tries_again)
    await mosquitto.start()
    await publish(mosquitto.url, messages(range(100, 200)))
    await arrived(cluster, range(200))
    lines = [line for line in worker.log.read_text().splitlines() if "mqtt-bridge" in line]
    assert "is lost" in lines[0]
    assert all("trying again in" in line for line in lines)
    assert "Traceback" not in worker.log.read_text()


async def test_a_record_that_kafka_refuses_becomes_a_dead_letter_and_its_neighbours_arrive(
    cluster: Cluster, mosquitto: Mosquitto
) -> None:
    await bridging(cluster.start(KAWKA_MQTT_MAX_AHEAD="86400"))  # Kafka itself takes no more than an hour
    ahead = [position(number, timestamp=int(time.time() * 1000) + 2 * 3600_000) for number in (7, 8)]
    sent = messages(range(50))
    for at, one in enumerate(ahead):
        sent.insert(20 * at + 5, ("truck/101/position", codec.encode(one)))
    await publish(mosquitto.url, sent)
    await arrived(cluster, range(50))
    found = await records(cluster, topics.dead_letters, 2)
    assert sorted(record.value for record in found) == sorted(map(codec.encode, ahead))
    assert all(b"Kafka refuses it" in dict(record.headers)["error"] for record in found)


async def test_a_broker_that_wants_tls_and_a_password_gets_them_and_a_wrong_password_is_one_clear_line(
    broker: str, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    async with Mosquitto(tmp_path / "mosquitto", secure(tmp_path)) as mosquitto:
        right, wrong = (f"mqtts://fleet:{password}@localhost:{mosquitto.port}" for password in ("s%40fe", "guess"))
        env = {"KAWKA_SERVICES": "trucking", "KAWKA_MQTT_CAFILE": str(tmp_path / "ca.pem")}
        async with Cluster(broker, tmp_path, unique("tls"), **env) as cluster:
            worker = cluster.start(KAWKA_MQTT_URL=wrong)

            async def complains() -> bool:
                return "refuses us: Not authorized; trying again" in worker.log.read_text()

            await eventually(complains)
            assert "guess" not in worker.log.read_text()
            assert "Traceback" not in worker.log.read_text()
            await worker.stop()
            worker.start(KAWKA_MQTT_URL=right)
            await bridging(worker)
            await publish(right, messages(range(100)), tmp_path / "ca.pem")
            assert await arrived(cluster, range(100)) == 100


def secure(directory: Path) -> str:
    """Make a certificate and a password file; the lines of mosquitto's configuration that use them."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key, certificate, passwords = directory / "key.pem", directory / "ca.pem", directory / "passwords"
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*new, *subject], check=True, capture_output=True)
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "fleet", "s@fe"], check=True, capture_output=True)
    return f"password_file {passwords}\ncertfile {certificate}\nkeyfile {key}\n"
