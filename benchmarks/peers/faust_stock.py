"""W1 by stock Faust, at least once: a table in RocksDB with its changelog, events and results sent, nothing of ours.

peers/pythons.py runs it,
with PEER_BROKER, PEER_PREFIX, PEER_PARTITIONS, PEER_DATA_DIR and PEER_PORT set.
"""

import logging
import os
import sys
from typing import Any

import faust
import uvloop

from app import topics
from benchmarks.peers.rules import judge

PREFIX, PARTITIONS = os.environ["PEER_PREFIX"], int(os.environ["PEER_PARTITIONS"])
RAW: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}

app = faust.App(
    f"{PREFIX}stock-faust",
    broker=f"kafka://{os.environ['PEER_BROKER']}",
    store="rocksdb://?driver=rocksdict",
    datadir=os.environ["PEER_DATA_DIR"],
    topic_partitions=PARTITIONS,
    broker_commit_every=10_000,
    stream_buffer_maxsize=16_384,
    producer_linger=0.02,
    producer_max_batch_size=1_000_000,
    web_bind="127.0.0.1",
    web_host="127.0.0.1",
    web_port=int(os.environ["PEER_PORT"]),
)
commands = app.topic(PREFIX + topics.invoice_commands.name, partitions=PARTITIONS, **RAW)
events = app.topic(PREFIX + topics.invoice_events.name, partitions=PARTITIONS, **RAW)
results = app.topic(PREFIX + topics.command_results.name, partitions=PARTITIONS, **RAW)
states = app.Table("invoices", partitions=PARTITIONS, key_type=bytes, value_type=bytes)


@app.agent(commands)
async def invoices(stream: Any) -> None:
    """Judge, send events and result, store the snapshot."""
    async for event in stream.events():
        key = event.key
        out = judge(key, event.value, states.get(key), int(event.message.timestamp * 1000))
        for value in out.events:
            await events.send(key=key, value=value)
        if out.snapshot is not None:
            states[key] = out.snapshot
        await results.send(key=key, value=out.result)


if __name__ == "__main__":
    uvloop.install()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    faust.Worker(app, loglevel="warning", override_logging=False, quiet=True).execute_from_commandline()
