"""Invoices by id, and their events by id and version."""

from app import topics
from app.codec import encode, invoice_snapshots
from app.engine.commands import HISTORY_KEYS, event_entry
from app.engine.table import Table

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
    entry=event_entry,
    changelog=False,
    cached=False,
    keys=HISTORY_KEYS,
)
