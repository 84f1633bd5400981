"""What docs/tutorial.md says is done to a copy of the project, and works as it says."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from tests.workers import Cluster, eventually

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "tutorial.md").read_text()
KAWKA = (sys.executable, "-P", "-m", "app.cli")  # -P: not the project this test is of
BLOCKS = re.compile(r"(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(copy: Path) -> None:
    """Make the files of the tutorial, and change those that are there."""
    for package in ("app", "agents", "tables", "views"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, kind, block in BLOCKS.findall(TEXT):
        if kind == "python":
            assert not (copy / name).exists()
            (copy / name).write_text(block)
        elif kind == "diff":
            first, *lines = block.splitlines()
            file = copy / first.removeprefix("--- ")
            before = "\n".join(line[1:] for line in lines if line[0] == "-")
            after = "\n".join(line[1:] for line in lines if line[0] == "+")
            assert file.read_text().count(before) == 1
            file.write_text(file.read_text().replace(before, after))


def calls() -> list[tuple[str, Any]]:
    """Give the path, and the command if there is one, of each curl."""
    shell = TEXT.replace("\\\n", "")
    found = re.findall(r"^curl -s .*?http://127.0.0.1:\d+(\S+)(?:.*-d '(.*)')?$", shell, re.MULTILINE)
    return [(path, orjson.loads(body) if body else None) for path, body in found]


async def test_the_tutorial_works_as_it_is_written(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> None:
    copy, name = tmp_path / "copy", unique("wallets")
    follow(copy)
    cluster = Cluster(broker, tmp_path, name, (*KAWKA, "worker"), KAWKA_SERVICES="wallets", PYTHONPATH=str(copy))
    common = {"KAWKA_BROKER": broker, "KAWKA_TOPIC_PREFIX": f"{name}-", "KAWKA_SERVICES": "wallets"}
    env = {**os.environ, **common, "KAWKA_DATA_DIR": str(tmp_path / "shell"), "PYTHONPATH": str(copy)}

    async def kawka(*words: str) -> str:
        process = await asyncio.create_subprocess_exec(*KAWKA, *words, env=env, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        return output.decode() if process.returncode == 0 else ""

    assert "wallet-alarms: created" in await kawka("topics", "create")
    first, second = cluster.start(), cluster.start()
    try:
        await cluster.settled()
        answers, patient = [], {"timeout": "25"}
        async with cluster.http() as http:
            (deposit, ask), (withdraw, much), (wallet, _) = calls()
            for worker, path, body in ((first, deposit, ask), (second, withdraw, much), (second, deposit, ask)):
                async with http.post(worker.url + path, json=body, params=patient) as answer:
                    answers.append((answer.status, (await answer.json())["snapshot"]["balance"]))
            async with http.get(second.url + wallet, params=patient) as answer:
                state = await answer.json()
            third = {**much, "commandId": "third", "cents": 200_000}
            async with http.post(first.url + deposit, json=third, params=patient) as answer:
                refused = (answer.status, (await answer.json())["code"])
        assert answers == [(200, 250_000), (200, 130_000), (200, 250_000)]
        assert state == {"walletId": "W-1", "balance": 130_000, "version": 2}
        assert refused == (422, "insufficient-funds")
        at = ("--url", first.url)

        async def told(*what: str) -> Any:
            found = await eventually(lambda: kawka("get", *what, "--json", *at), 60, f"{what}")
            return orjson.loads(found)["value"]

        assert await told("large-withdrawals", "W-1") == 1
        event = await told("wallet-history", "W-1/2")
        assert (event["type"], event["cents"]) == ("Withdrawn", 120_000)
        assert await kawka("replay", "wallets", "wallet-alarms"), "the same bytes"
    finally:
        await asyncio.gather(*(worker.stop() for worker in cluster.workers))
