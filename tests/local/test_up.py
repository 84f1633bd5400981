"""`kawka up` on this machine: one command starts all of it, one signal ends all of it, and nothing is left over."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from app.local.process import free_port

ROOT = Path(__file__).parent.parent.parent
KAWKA = [sys.executable, "-m", "app.cli"]
FEW = ["--only", "invoices"]  # where one service shows what all would


class Up:
    """A running `kawka up`."""

    def __init__(
        self, process: asyncio.subprocess.Process, info: dict[str, Any], data_dir: Path, arguments: list[str]
    ) -> None:
        self.process = process
        self.info = info
        self.data_dir = data_dir
        self.arguments = arguments

    def children(self) -> list[psutil.Process]:
        pids = self.info["pids"]
        single = [pids[name] for name in ("kafka", "mqtt", "mail", "mailer") if name in pids]
        return [psutil.Process(pid) for pid in [*pids["workers"], *pids["simulators"], *single]]

    def now(self) -> dict[str, Any]:
        """Give what up.json says at this moment."""
        content: dict[str, Any] = json.loads((self.data_dir / "up.json").read_text())
        return content


@asynccontextmanager
async def up(data_dir: Path, *options: str, **env: str) -> AsyncIterator[Up]:
    """Run `kawka up --json` until it is ready; stop it after the test if it still runs."""
    arguments = [*KAWKA, "up", "--json", "--data-dir", str(data_dir), *options]
    environment = os.environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))} | env
    log = data_dir.with_suffix(".err")
    with log.open("ab") as err:
        process = await asyncio.create_subprocess_exec(
            *arguments, env=environment, cwd=data_dir.parent, stdout=asyncio.subprocess.PIPE, stderr=err
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            line = await process.stdout.readline()
        assert line, log.read_text()
        yield Up(process, json.loads(line), data_dir, arguments)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def ports() -> list[str]:
    """Options for ports that nobody uses; two web ports in a row."""
    others = ["--web-port", str(free_port(row=2)), "--mqtt-port", str(free_port())]  # not 1883, for which others race
    return ["--kafka-port", str(free_port()), *others]


def kawka(data_dir: Path, *arguments: str) -> Any:
    env = os.environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)), "KAWKA_DATA_DIR": str(data_dir)}
    answer = subprocess.run(
        [*KAWKA, *arguments, "--json"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


async def test_all_is_ready_when_the_line_is_printed_and_all_is_gone_after_sigterm(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports()) as running:
        info = running.info
        assert len(info["web"]) == len(info["pids"]["workers"]) == 2
        assert [await status_of(url + "/health/ready") for url in info["web"]] == [200, 200]
        assert {worker["url"] for worker in kawka(running.data_dir, "status")} >= set(info["web"][:1])
        children = running.children()
        assert len(children) == 9
        running.process.terminate()
        assert await running.process.wait() == 0
    assert psutil.wait_procs(children, timeout=0)[1] == []
    assert not (tmp_path / "data" / "up.json").exists()


@pytest.mark.long
async def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports(), "--workers", "1") as running:
        children = running.children()
        running.process.kill()
        await running.process.wait()
        assert psutil.wait_procs(children, timeout=30)[1] == []


@pytest.mark.long
async def test_ctrl_c_after_the_crash_of_a_worker_still_stops_all_the_rest(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports(), *FEW, "--no-restart", "--no-simulate") as running:
        children = running.children()
        children[0].kill()
        err = running.data_dir.with_suffix(".err")
        await until(lambda: "worker-1 was killed by signal 9" in err.read_text())
        running.process.send_signal(signal.SIGINT)
        assert await running.process.wait() == 0
    assert psutil.wait_procs(children, timeout=0)[1] == []


@pytest.mark.long
async def test_a_second_up_on_the_same_directory_is_refused_and_down_stops_the_first(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports(), *FEW, "--workers", "1", "--no-simulate") as running:
        second = await asyncio.to_thread(run, *running.arguments)
        assert (second.returncode, second.stderr.count("\n")) == (1, 1)
        assert f"process {running.process.pid}" in second.stderr
        assert running.children()[0].is_running()
        down = await asyncio.to_thread(run, *KAWKA, "down", "--data-dir", str(running.data_dir))
        assert down.stdout == "Stopped.\n"
        assert await running.process.wait() == 0


@pytest.mark.long
async def test_state_is_kept_over_a_restart_and_forgotten_with_fresh(tmp_path: Path) -> None:
    data_dir, options = tmp_path / "data", [*ports(), *FEW, "--no-simulate"]
    create = {
        "type": "CreateInvoice",
        "customerName": "Ada",
        "customerEmail": "ada@kawka.example",
        "issueDate": "2026-01-01",
        "dueDate": "2026-01-31",
    }
    async with up(data_dir, *options):
        made = await asyncio.to_thread(kawka, data_dir, "send", "INV-1", json.dumps(create), "--timeout", "25")
        assert made["version"] == 1
    async with up(data_dir, *options):
        kept = await asyncio.to_thread(kawka, data_dir, "get", "invoices", "INV-1")
        assert kept["value"] == made["snapshot"]
        history = await asyncio.to_thread(kawka, data_dir, "history", "INV-1")
        assert [event["type"] for event in history] == ["InvoiceCreated"]
    async with up(data_dir, *options, "--fresh") as running:
        assert await status_of(running.info["web"][1] + "/api/invoices/INV-1") == 404


async def test_a_kafka_of_ones_own_is_used_and_none_started(
    tmp_path: Path, broker: str, unique: Callable[[str], str]
) -> None:
    env = {"KAWKA_BROKER": broker, "KAWKA_PREFIX": unique("up"), "KAWKA_TOPIC_PREFIX": unique("up") + "-"}
    async with up(tmp_path / "data", "--web-port", str(free_port()), *FEW, "--workers", "1", **env) as running:
        assert running.info["broker"] == broker
        assert "kafka" not in running.info["pids"]


@pytest.mark.long
async def test_a_dead_worker_and_a_dead_kafka_are_started_again(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports(), "--workers", "1") as running:
        kafka, worker = running.info["pids"]["kafka"], running.info["pids"]["workers"][0]
        os.kill(kafka, signal.SIGKILL)
        await until(lambda: running.now()["pids"].get("kafka", kafka) != kafka)
        os.kill(worker, signal.SIGKILL)
        await until(lambda: running.now()["pids"]["workers"] != [worker])
        url = running.info["web"][0] + "/health/ready"
        async with asyncio.timeout(60):
            while True:
                try:
                    if await status_of(url) == 200:
                        break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.2)


async def test_trucks_drive_over_the_mqtt_broker_that_the_line_names(tmp_path: Path) -> None:
    options = [*ports(), "--only", "trucking", "--workers", "1"]
    async with up(tmp_path / "data", *options) as running:
        assert running.info["mqtt"] == f"mqtt://127.0.0.1:{options[options.index('--mqtt-port') + 1]}"
        url = running.info["web"][0] + "/api/tables/trucks/101"
        async with asyncio.timeout(60):
            while await status_of(url) != 200:
                await asyncio.sleep(0.1)
