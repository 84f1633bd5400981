"""`kawka up` brings a database: its address is in the JSON line, its drivers in the topic; it ends with the rest."""

import os
import signal
from pathlib import Path

import asyncpg
import psutil
import pytest

from app import topics
from tests.local.test_up import ports, up
from tests.oracle import read_topic
from tests.workers import eventually


@pytest.mark.long
async def test_its_drivers_reach_the_topic_and_a_killed_one_is_started_again(tmp_path: Path) -> None:
    options = [*ports(), "--workers", "1", "--no-simulate", "--only", "trucking"]
    async with up(tmp_path / "data", *options) as running:
        broker, pid = running.info["broker"], running.info["pids"]["postgres"]

        async def walter() -> bool:
            return any(record.key == b"27" for record in await read_topic(broker, topics.trucking_driver.name))

        await eventually(walter)
        os.kill(pid, signal.SIGKILL)

        async def another() -> bool:
            return running.now()["pids"].get("postgres", pid) != pid

        await eventually(another, 60)
        connection = await asyncpg.connect(running.now()["postgres"])
        assert await connection.fetchval("SELECT first_name FROM driver WHERE id = 27") == "Walter"
        assert await connection.fetchval("SELECT count(*) FROM driver WHERE id = 99") == 0
        await connection.close()
        last = running.now()["pids"]["postgres"]
    assert not psutil.pid_exists(last)
