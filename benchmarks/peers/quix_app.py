"""W1 by Quix Streams, exactly once: a store in RocksDB with its changelog, events and results sent.

It judges with the same rules and the same codec, so that the difference is the machinery. It runs in the peers' own
virtual environment, with PEER_BROKER, PEER_PREFIX, PEER_DATA_DIR and PEER_COMMIT_S set.
"""

import os
from typing import Any

from quixstreams import Application, State

from app import codec
from app.domain import invoices
from app.domain.decider import Rejected

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


def judge(value: bytes, key: bytes, timestamp: int, _headers: Any, store: State) -> tuple[list[bytes], bytes]:
    """Decide, evolve, keep the snapshot; the events and the result."""
    command = codec.invoice_commands.decode(value)
    raw = store.get_bytes(SNAPSHOT)
    state = invoices.initial(key.decode()) if raw is None else codec.invoice_snapshots.decode(raw)
    decision = invoices.decide(command, state)
    if isinstance(decision, Rejected):
        return [], codec.result_error(command.command_id, command.origin_id, state.version, "-", decision)
    at, out = codec.rfc3339(timestamp), []
    for event in decision:
        state = invoices.evolve(state, event)
        out.append(codec.envelope(codec.encode(event), command.command_id, state.version, at))
    snapshot = codec.encode(state)
    store.set_bytes(SNAPSHOT, snapshot)
    return out, codec.result_ok(command.command_id, command.origin_id, state.version, "-", snapshot)


judged = app.dataframe(commands).apply(judge, stateful=True, metadata=True)
judged.apply(lambda out: out[0], expand=True).to_topic(events)
judged.apply(lambda out: out[1]).to_topic(results)

if __name__ == "__main__":
    app.run()
