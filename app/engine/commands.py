"""Judging commands: the same few steps for every aggregate, with its rules plugged in."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from app.codec import (
    CommandCodec,
    decode_key,
    encode,
    envelope,
    fingerprint,
    result_error,
    result_ok,
    rfc3339,
)
from app.domain.decider import BaseCommand, Rejected
from app.engine.answers import Answer
from app.engine.idempotency import COMMAND_ID, FINGERPRINT, identify
from app.engine.table import Entry, KafkaRecord, Keys, Table
from app.engine.transaction import Transaction
from app.topics import Topic

C = TypeVar("C", bound=BaseCommand)
S = TypeVar("S")
E = TypeVar("E")
SCHEMA = ("schema", b"1")
_version = re.compile(rb'\{"commandId":"[^"]*","version":(\d+)').match  # how the codec's envelope begins


def history_key(key: bytes, version: int) -> bytes:
    """Give the key of an event in a history table: sorted by version within an aggregate. Stored: do not change."""
    return key + b"/" + version.to_bytes(8, "big")


def history_entry(event: bytes, position: bytes) -> bytes:
    """Give the value of an event in a history table: its record, and the position of the command that caused it."""
    return b'%b,"position":"%b"}' % (event[:-1], position)


def event_entry(record: KafkaRecord) -> Entry | None:
    """Restore an event record to a history table; one that a judge did not write means no entry."""
    key, event, position = record.key, record.value or b"", b""
    begins = _version(event)
    if begins is None or key is None:
        return None
    for name, value in record.headers:
        if name == "position":
            position = value
    return history_key(key, int(begins[1])), history_entry(event, position)


def _parse_history_key(text: str) -> tuple[bytes, bytes]:
    aggregate, slash, version = text.rpartition("/")
    if not (slash and aggregate and version.isascii() and version.isdigit() and len(version) < 19):
        raise ValueError("a key of this table is an id and a version, as in inv-7/3")
    return aggregate.encode(), history_key(aggregate.encode(), int(version))


def _history_bound(text: str) -> bytes:
    try:
        return _parse_history_key(text)[1]
    except ValueError:
        return text.encode()


def _show_history_key(key: bytes) -> str:
    return f"{key[:-9].decode(errors='backslashreplace')}/{int.from_bytes(key[-8:], 'big')}"


HISTORY_KEYS = Keys("id/version", _parse_history_key, _history_bound, _show_history_key)


class Judge(Generic[C, S, E]):
    """A handler of command records: decide, evolve, then events, result and snapshot in the record's transaction."""

    def __init__(
        self,
        *,
        codec: CommandCodec[C],
        initial: Callable[[str], S],
        decide: Callable[[C, S], Sequence[E] | Rejected],
        evolve: Callable[[S, E], S],
        states: Table,
        history: Table,
        events: Topic,
        results: Topic,
    ) -> None:
        self._decode = codec.decode
        self._initial = initial
        self._decide = decide
        self._evolve = evolve
        self._states = states
        self._history = history
        self._events = events
        self._results = results

    def __call__(self, record: Any, tx: Transaction) -> None:
        """Judge one record. Raises Undecodable when key or value are not those of a command."""
        aggregate_id = decode_key(record.key)
        command = self._decode(record.value)
        key, command_id = record.key, command.command_id
        raw_id = command_id.encode()
        identity, print_ = identify(key, raw_id), fingerprint(command)
        known = tx.decided(identity)
        if known is not None:
            tx.repeated += 1
            if tx.awaited:
                tx.answer(key, command_id, Answer("stored" if known == print_ else "reused"))
            return
        state = tx.get(self._states, key)
        if state is None:
            state = self._initial(aggregate_id)
        decision = self._decide(command, state)
        where = tx.position
        cause = [SCHEMA, (COMMAND_ID, raw_id), ("position", where)]
        if isinstance(decision, Rejected):
            result = result_error(command_id, command.origin_id, state.version, where, decision)
        else:
            at = rfc3339(record.timestamp)
            for event in decision:
                state = self._evolve(state, event)
                version = state.version  # type: ignore[attr-defined]
                value = envelope(encode(event), command_id, version, at)
                tx.emit(self._events, key, value, cause)
                entry = history_entry(value, where)
                tx.put(self._history, history_key(key, version), entry, entry)
            snapshot = encode(state)
            if decision:
                tx.put(self._states, key, state, snapshot)
            result = result_ok(command_id, command.origin_id, state.version, where, snapshot)
        tx.emit(self._results, key, result, [*cause, (FINGERPRINT, print_)])
        tx.remember(identity, print_)
        if tx.awaited:
            tx.answer(key, command_id, Answer("decided", result))
