"""The interleaving that is easiest to get wrong: an aborted batch with younger batches already queued."""

import sys
from collections.abc import Callable
from pathlib import Path

from app import topics
from tests.load import send
from tests.oracle import judge, settled
from tests.workers import Cluster


async def test_batches_queued_behind_an_aborted_one_are_not_committed_past_it(
    broker: str, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    program = (sys.executable, str(Path(__file__).with_name("aborting.py")))
    env = {"PYTHONPATH": str(Path.cwd()), "KAWKA_BATCH_MAX_RECORDS": "10"}
    async with Cluster(broker, tmp_path, unique("abort"), program, **env) as cluster:
        sent = await send(broker, cluster.topic(topics.invoice_commands), rate=5000, seconds=1)
        worker = cluster.start()
        log = await settled(broker, f"{cluster.name}-")
        assert worker.log.read_text().count("ABORTED") > 5
        assert len(log.commands) == sent
        assert judge(log) == []
