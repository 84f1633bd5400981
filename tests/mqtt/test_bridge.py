"""The bridge from a real mosquitto to a real Kafka: what comes in, what is refused, and how."""

import asyncio
import json
import time

import aiohttp

from app import codec, codec_trucks, topics
from app.topics import MIB
from tests.mqtt.mosquitto import Mosquitto
from tests.mqtt.trucks import arrived, messages, position, publish, records
from tests.workers import Cluster, Worker, eventually


async def bridging(*workers: Worker) -> Worker:
    """Wait until one of the workers is the bridge; a session exists then, and nothing published is missed."""

    async def one() -> Worker | None:
        for worker in workers:
            if "kawka_mqtt_connected 1.0" in await metrics(worker):
                return worker
        return None

    found: Worker = await eventually(one, 60, "a bridge")
    return found


async def metrics(worker: Worker) -> str:
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{worker.url}/metrics") as answer:
            return await answer.text()
    except aiohttp.ClientError:
        return ""


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
        codec.encode(good).replace(b"27", b'""', 1): "driverId",
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
