"""`kawka audit orders` on a real cluster."""

import asyncio
import os
import sys
from typing import Any

import orjson

from app import topics
from tests.orders.shop import T0, Shop, place, row, tell


async def audit(shop: Shop, wait: float = 20) -> tuple[int | None, dict[str, Any]]:
    """Give the exit code and the answer."""
    env = {"KAWKA_BROKER": shop.cluster.broker, "KAWKA_TOPIC_PREFIX": f"{shop.cluster.name}-"}
    command = (sys.executable, "-m", "app.cli", "audit", "orders", "--json", "--wait", str(wait))
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    found: dict[str, Any] = orjson.loads(output)
    return process.returncode, found


async def test_the_audit_finds_nothing_but_what_is_wrong(mortal: Shop) -> None:
    mortal.cluster.start()
    orders = [place(f"a-{number}", product="HATS") for number in range(4)]
    await mortal.send(row("HATS", 10), *orders)
    for number in range(4):
        await mortal.became(f"a-{number}", "CREATED", "VALIDATED")
    await mortal.send(tell("a-0", "ShipOrder"), tell("a-1", "CancelOrder"))
    await mortal.stocked("HATS", stock=10, reserved=4, shipped=2)
    code, found = await audit(mortal)
    assert (code, found["findings"]) == (0, [])
    assert found["products"] == [{"product": "HATS", "stock": 10, "reserved": 4, "shipped": 2, "offered": 4}]
    forged = {"product": "HATS", "stock": 10, "reserved": 0, "shipped": 2}
    await mortal.send((topics.changelog("inventory"), "HATS", forged, T0))
    code, found = await audit(mortal, wait=0)
    assert code == 1
    assert "HATS: 0 reserved by the warehouse, 4 by database and orders" in found["findings"]
