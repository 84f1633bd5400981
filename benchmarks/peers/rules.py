"""What the Python peers do with a command: our rules and our codec, so that the difference is the machinery."""

from typing import NamedTuple

from app import codec
from app.domain import invoices
from app.domain.decider import Rejected

NOWHERE = b"-"  # peers are spared the position in the log


class Judged(NamedTuple):
    """Values to write: of each event, of the result, and of the snapshot, None when it stays as it was."""

    events: list[bytes]
    result: bytes
    snapshot: bytes | None


def judge(key: bytes, value: bytes, snapshot: bytes | None, timestamp_ms: int) -> Judged:
    """Decide and evolve."""
    command = codec.invoice_commands.decode(value)
    ids = command.command_id, command.origin_id
    state = invoices.initial(key.decode()) if snapshot is None else codec.invoice_snapshots.decode(snapshot)
    decision = invoices.decide(command, state)
    if isinstance(decision, Rejected):
        return Judged([], codec.result_error(*ids, state.version, NOWHERE, decision), None)
    at, events = codec.rfc3339(timestamp_ms), []
    for event in decision:
        state = invoices.evolve(state, event)
        events.append(codec.envelope(codec.encode(event), command.command_id, state.version, at))
    after = codec.encode(state)
    return Judged(events, codec.result_ok(*ids, state.version, NOWHERE, after), after)
