"""The warehouse by product, what each order holds of it, and who waits for a product to be known."""

import msgspec

from app import topics
from app.codec import encode
from app.domain.stock import Reservation, Stock
from app.engine.table import Table

inventory = Table(
    "inventory",
    topics.changelog("inventory"),
    about="Stock, reserved and shipped pieces of every product",
    decode=msgspec.json.Decoder(Stock).decode,
    encode=encode,
)
reservations = Table(
    "reservations",
    topics.changelog("reservations"),
    about="What every order holds of its product, by order",
    decode=msgspec.json.Decoder(Reservation).decode,
    encode=encode,
)
orders_awaiting_stock = Table(
    "orders-awaiting-stock",
    topics.changelog("orders-awaiting-stock"),
    about="Orders whose product has no row of stock yet, in order",
    internal=True,
)
