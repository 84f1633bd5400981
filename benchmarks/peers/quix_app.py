"""W1 by Quix Streams, exactly once: a store in RocksDB with its changelog, events and results sent.

It runs in the peers' own
virtual environment, with PEER_BROKER, PEER_PREFIX, PEER_DATA_DIR and PEER_COMMIT_S set.
"""

import os
from typing import Any

from quixstreams import Application, State

from benchmarks.peers.rules import Judged, judge

PREFIX = os.environ["PEER_PREFIX"]
SNAPSHOT = "snapshot"

app = Application(
    broker_address=os.environ["PEER_BROKER"],
    consumer_group=f"{PREFIX}quix",
    processing_guarantee="exactly-once",
    commit_interval=float(os.environ["PEER_COMMIT_S"]),
    auto_offset_reset="earliest",
    state_dir=os.environ["PEER_DATA_DIR"],
    loglevel="WARNING",
)
RAW: Any = {"key_serializer": "bytes", "value_serializer": "bytes"}
commands = app.topic(f"{PREFIX}invoice-commands", key_deserializer="bytes", value_deserializer="bytes")
events = app.topic(f"{PREFIX}invoice-events", **RAW)
results = app.topic(f"{PREFIX}command-results", **RAW)


def handle(value: bytes, key: bytes, timestamp: int, _headers: Any, store: State) -> Judged:
    """Judge, keep the snapshot."""
    out = judge(key, value, store.get_bytes(SNAPSHOT), timestamp)
    if out.snapshot is not None:
        store.set_bytes(SNAPSHOT, out.snapshot)
    return out


judged = app.dataframe(commands).apply(handle, stateful=True, metadata=True)
judged.apply(lambda out: out.events, expand=True).to_topic(events)
judged.apply(lambda out: out.result).to_topic(results)

if __name__ == "__main__":
    app.run()
