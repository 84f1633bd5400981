"""Customers by id: as the database has them, and what they ordered lately."""

import msgspec

from app import topics
from app.codec import encode
from app.domain.customers import Customer
from app.domain.fraud import Activity
from app.engine.table import Table

customers = Table(
    "customers",
    topics.changelog("customers"),
    about="Customers as the database has them",
    decode=msgspec.json.Decoder(Customer).decode,
    encode=encode,
)
fraud_sessions = Table(
    "fraud-sessions",
    topics.changelog("fraud-sessions"),
    about="What each customer ordered in one go, an hour without an order apart",
    decode=msgspec.json.Decoder(Activity).decode,
    encode=encode,
)
