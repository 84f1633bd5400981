"""A replay of the order services gives, byte for byte, what they gave when it happened."""

import asyncio
import os
import sys
from pathlib import Path

import orjson
import pytest

from app import topics
from tests.orders import crowd
from tests.orders.shop import CHECKS, T0, Shop, place, row, said, tell
from tests.workers import eventually

ENV = {"KAWKA_PAYMENT_WAIT_S": "3", "KAWKA_JOIN_GRACE_S": "1"}
AGENTS = {"orders", "order-details", "inventory", "fraud", "payments", "order-payments", "enrichment"}


async def differences(shop: Shop, *agents: str, **env: str) -> list[str]:
    """Replay services (all when none is named) of a shop that is idle; say where it came out otherwise."""
    cluster = shop.cluster
    names = {
        "KAWKA_BROKER": cluster.broker,
        "KAWKA_TOPIC_PREFIX": f"{cluster.name}-",
        "KAWKA_SERVICES": "orders",
        "KAWKA_DATA_DIR": str(Path(cluster.workers[0].data_dir) / "replay"),
    }
    command = (sys.executable, "-m", "app.cli", "replay", "--json", *agents)
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **names, **env}, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    reports = [orjson.loads(line) for line in output.splitlines()]
    assert {one["agent"] for one in reports} == (set(agents) or AGENTS)
    assert all(one["records"] and one["outputs"] for one in reports)
    found = [difference for one in reports for difference in one["differences"]]
    assert process.returncode == bool(found)
    return found


@pytest.mark.long
async def test_a_replay_gives_the_same_bytes(mortal: Shop) -> None:
    mortal.cluster.start(**ENV)
    await mortal.cluster.settled()
    await crowd.open_up(mortal)
    await crowd.order(mortal, count=400, rate=200)

    async def settled() -> bool:
        return await crowd.settled(mortal, 400)

    await eventually(settled, 60, "that every order is settled")
    assert await crowd.wrong(mortal, 400) == []
    assert await differences(mortal, **ENV) == []
    assert await differences(mortal, "orders", **ENV, KAWKA_ORDER_CHECKS="FRAUD_CHECK"), (
        "other rules come out otherwise"
    )


async def test_what_was_refused_is_refused_again_though_nothing_but_the_refusal_was_written(mortal: Shop) -> None:
    """A refusal puts nothing. The check that came later has the earlier time: before the refusal it changes it."""
    checks = {"KAWKA_ORDER_CHECKS": ",".join((*CHECKS, "COUNTRY_CHECK"))}
    mortal.cluster.start(**ENV, **checks)
    await mortal.cluster.settled()
    await mortal.send(row("JUMPERS", 5), place("early"))
    await mortal.count(topics.order_validations, 3, "early")
    await mortal.send(tell("early", "ShipOrder", at=T0 + 9_000))
    assert "error" in (await mortal.count(topics.order_results, 2, "early"))[1]
    await mortal.send(said("early", "COUNTRY_CHECK", at=T0 + 5_000))
    await mortal.became("early", "CREATED", "VALIDATED")
    assert await differences(mortal, "orders", **ENV, **checks) == []
