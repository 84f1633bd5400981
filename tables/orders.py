"""Orders by id, and what waits for a payment."""

import msgspec

from app import topics
from app.codec import encode
from app.domain.order_payments import Awaiting
from app.domain.orders import OrderState
from app.engine.table import Table

orders_state = Table(
    "orders-state",
    topics.changelog("orders-state"),
    about="Every order, with the checks that came; checks alone while their order is unknown",
    decode=msgspec.json.Decoder(OrderState).decode,
    encode=encode,
)
payments_seen = Table(
    "payments-seen",
    topics.changelog("payments-seen"),
    about="Payments by id: each has an effect once",
    cached=False,
)
orders_awaiting_payment = Table(
    "orders-awaiting-payment",
    topics.changelog("orders-awaiting-payment"),
    about="Validated orders without their payment, and payments without their order",
    decode=msgspec.json.Decoder(Awaiting).decode,
    encode=encode,
)
