"""Invoices by id, and their events by id and version."""

import re

from app import topics
from app.codec import encode, invoice_snapshots
from app.engine.commands import HISTORY_KEYS, history_entry, history_key
from app.engine.table import Entry, KafkaRecord, Table

_VERSION = re.compile(rb'^\{"commandId":"[^"]*","version":(\d+)')  # how the codec's envelope begins


def _event_entry(record: KafkaRecord) -> Entry | None:
    begins = _VERSION.match(record.value or b"")
    if begins is None or record.key is None or record.value is None:
        return None
    position = dict(record.headers).get("position", b"")
    return history_key(record.key, int(begins[1])), history_entry(record.value, position)


invoices = Table(
    "invoices",
    topics.invoice_snapshots,
    about="The current snapshot of every invoice",
    decode=invoice_snapshots.decode,
    encode=encode,
)
invoice_history = Table(
    "invoice-history",
    topics.invoice_events,
    about="Every event of every invoice: a fold of invoice-events",
    entry=_event_entry,
    changelog=False,
    cached=False,
    keys=HISTORY_KEYS,
)
