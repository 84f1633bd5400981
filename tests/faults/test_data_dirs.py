"""Stores that must not be carried on from: of another cluster, of a topic made anew, too old, ahead of Kafka."""

import msgspec
import pytest
from rocksdict import Options, Rdict, WriteBatch

from app import topics
from app.engine.store import CHECKPOINT, STALE_MS, Checkpoint
from tests.load import send
from tests.oracle import judge, settled
from tests.workers import Cluster, Worker

CHANGES = {
    "another cluster": lambda was, _: msgspec.structs.replace(was, cluster="another"),
    "made anew": lambda was, topic: msgspec.structs.replace(was, topics={**was.topics, topic: "another"}),
    "older than": lambda was, _: msgspec.structs.replace(was, at_ms=was.at_ms - STALE_MS - 3_600_000),
    "has taken in more": lambda was, _: msgspec.structs.replace(was, source=dict.fromkeys(was.source, 10**9)),
    "out of range": lambda was, topic: msgspec.structs.replace(was, folded={**was.folded, topic: 10**9}),
}


@pytest.mark.parametrize(
    "said", ["made anew", *(pytest.param(one, marks=pytest.mark.long) for one in CHANGES if one != "made anew")]
)
async def test_a_store_that_cannot_be_trusted_is_restored_from_the_start(cluster: Cluster, said: str) -> None:
    worker = cluster.start()
    await cluster.settled()
    topic = cluster.topic(topics.invoice_commands)
    await send(cluster.broker, topic, rate=500, seconds=1)
    await settled(cluster.broker, f"{cluster.name}-")
    await worker.stop()
    tamper(cluster, worker, said)
    worker.start()
    await cluster.settled()
    assert said in worker.log.read_text()
    await send(cluster.broker, topic, rate=500, seconds=1, seed=2, start=100_000)
    assert judge(await settled(cluster.broker, f"{cluster.name}-")) == []
    async with cluster.http() as http, http.get(f"{worker.url}/api/tables/invoices/leftover") as answer:
        assert answer.status == 404, "what only the old store held is gone"


def tamper(cluster: Cluster, worker: Worker, said: str) -> None:
    """Make every store of the worker what it must not trust, and give it an entry that Kafka never had."""
    for path in (worker.data_dir / "state").iterdir():
        store = Rdict(str(path), Options(raw_mode=True))
        raw = store[CHECKPOINT]
        assert isinstance(raw, bytes)
        was = msgspec.json.decode(raw, type=Checkpoint)
        batch = WriteBatch(raw_mode=True)
        batch.put(CHECKPOINT, msgspec.json.encode(CHANGES[said](was, cluster.topic(topics.invoice_snapshots))))
        batch.put(b"invoices\x00leftover", b"{}")
        store.write(batch)
        store.close()
