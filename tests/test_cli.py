"""The command line, as a person and a program use it: real processes, exit codes and sentences."""

import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import murmur2
from click.testing import CliRunner

from app import cli
from app.local.process import free_port
from tests.oracle import read_topic

KAWKA = [sys.executable, "-m", "app.cli"]
ROOT = Path(__file__).parent.parent


def kawka(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | env
    command = [*KAWKA, *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def refused(answer: subprocess.CompletedProcess[str]) -> str:
    """Give the one sentence of a refusal."""
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    sentences = [line for line in answer.stderr.splitlines() if line.startswith("Error: ")]
    assert len(sentences) == 1
    return sentences[0].removeprefix("Error: ")


def test_every_command_has_help() -> None:
    names = re.findall(r"^  ([a-z]+)  +", kawka("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert {"up", "down", "status", "settings", "topics", "send", "get", "history", "simulate"} <= set(names)
    for name in names:
        assert CliRunner().invoke(cli.main, [name, "--help"]).exit_code == 0


def test_settings_are_printed_for_programs_with_secrets_masked() -> None:
    rows = json.loads(kawka("settings", "--json", KAWKA_API_TOKEN="hunter2", KAWKA_PARTITIONS="3").stdout)
    values = {row["name"]: row["value"] for row in rows}
    assert (values["KAWKA_API_TOKEN"], values["KAWKA_PARTITIONS"]) == ("***", 3)


def test_settings_are_printed_for_people() -> None:
    assert "KAWKA_PARTITIONS" in kawka("settings").stdout


def test_a_wrong_setting_is_one_sentence_for_every_command() -> None:
    for command in ("settings", "up", "worker", "status"):
        assert refused(kawka(command, KAWKA_PARTITIONS="x")).startswith("KAWKA_PARTITIONS='x' cannot be used")


def test_topics_are_created_and_checked(broker: str, unique: Callable[[str], str]) -> None:
    env = {"KAWKA_BROKER": broker, "KAWKA_TOPIC_PREFIX": unique("cli") + "-", "KAWKA_PARTITIONS": "1"}
    assert kawka("topics", "check", **env).returncode == 1
    assert len(json.loads(kawka("topics", "create", "--json", **env).stdout)["created"]) >= 5
    check = kawka("topics", "check", **env)
    assert check.returncode == 0
    assert "topics are there" in check.stdout


def test_no_kafka_is_one_sentence() -> None:
    broker = f"127.0.0.1:{free_port()}"
    assert refused(kawka("topics", "check", KAWKA_BROKER=broker)).startswith(f"Kafka at {broker} does not answer")
    for what in ("invoices", "orders"):
        assert refused(kawka("simulate", what, KAWKA_BROKER=broker)).startswith(f"Kafka at {broker} does not answer")


def test_no_worker_is_one_sentence(tmp_path: Path) -> None:
    for command in (["status"], ["get", "invoices", "INV-1"], ["history", "INV-1"], ["send", "INV-1", "{}"]):
        answer = kawka(*command, "--url", f"http://127.0.0.1:{free_port()}", cwd=tmp_path)
        assert refused(answer).startswith("No worker answers at")


async def test_simulated_invoices_are_repeatable_and_lie_where_java_would_put_them(
    broker: str, unique: Callable[[str], str]
) -> None:
    arguments = ("simulate", "invoices", "--rate", "5000", "--count", "150", "--seed", "3", "--json")
    day = None
    while day != (day := dt.datetime.now(dt.UTC).date()):  # over midnight two runs differ: invoices are of today
        prefix = unique(f"cli-{day}") + "-"
        env = {"KAWKA_BROKER": broker, "KAWKA_TOPIC_PREFIX": prefix}
        for _ in range(2):
            answer = json.loads(kawka(*arguments, **env).stdout)
            assert (answer["sent"], answer["seed"]) == (150, 3)
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        consumer.assign([TopicPartition(prefix + "invoice-commands", number) for number in range(8)])
        records = [await consumer.getone() for _ in range(300)]
    found = sorted((record.partition, record.offset, record.key, record.value) for record in records)
    of_one = [value for partition, _, _, value in found if partition == found[0][0]]
    assert of_one[: len(of_one) // 2] == of_one[len(of_one) // 2 :]
    assert all(record.partition == (murmur2(record.key) & 0x7FFFFFFF) % 8 for record in records)
    assert murmur2(b"21") - 2**32 == -973932308  # from Kafka's own UtilsTest, signed as in Java


async def test_simulated_orders_and_their_payments_are_repeatable(broker: str, unique: Callable[[str], str]) -> None:
    found = []
    for run in ("a", "b"):
        prefix = unique(run) + "-"
        arguments = ("simulate", "orders", "--rate", "500", "--count", "1500", "--seed", "3", "--json")
        answer = json.loads(kawka(*arguments, KAWKA_BROKER=broker, KAWKA_TOPIC_PREFIX=prefix).stdout)
        assert (answer["sent"], answer["seed"]) == (1500, 3)
        read = [await read_topic(broker, prefix + name) for name in ("order-commands", "payments")]
        found.append([[(record.partition, record.key, record.value) for record in records] for records in read])
    assert found[0] == found[1]
    assert len(found[0][0]) >= 1500
    assert len(found[0][1]) > 0


def test_a_mailer_without_a_mail_server_is_one_sentence() -> None:
    assert refused(kawka("mailer")).startswith("KAWKA_SMTP_URL is not set")


def test_a_web_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        answer = kawka("up", "--web-port", port, "--data-dir", str(tmp_path / "data"))
    assert refused(answer).startswith(f"Port {port} for worker 1's web is in use")


def test_a_kafka_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        others = ("--web-port", str(free_port()), "--mqtt-port", str(free_port()))
        ports = ("--kafka-port", port, *others, "--workers", "1")
        answer = kawka("up", *ports, "--data-dir", str(tmp_path / "data"))
    assert refused(answer).startswith(f"Port {port} for Kafka is in use")


def test_fresh_deletes_nothing_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    answer = kawka("up", "--fresh", "--data-dir", str(tmp_path))
    assert "--fresh deletes nothing there" in refused(answer)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    answer = kawka("down", "--data-dir", str(tmp_path))
    assert answer.returncode == 0
    assert answer.stdout.startswith("No `kawka up` runs with")
