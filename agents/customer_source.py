"""The database's table of customers -> customers, on one worker at a time; a deleted row becomes a tombstone."""

import msgspec

from app import topics
from app.domain.customers import Customer, Level
from app.main import app
from app.sources.poller import follow
from app.sources.table import Row, TableSource


def customer(row: Row) -> Customer:
    """Give a row as the record of the contract. A level that nobody knows: msgspec.ValidationError."""
    columns = row.columns
    return Customer(
        id=row.key.decode(),
        first_name=columns["first_name"],
        last_name=columns["last_name"],
        email=columns["email"],
        address=columns["address"],
        level=msgspec.convert(columns["level"], Level),
    )


customers = TableSource(
    name="customer-source",
    table="customer",
    key="id",
    timestamp="last_update",
    topic=topics.customers,
    value=customer,
)

follow(app, customers, by="enrichment")
