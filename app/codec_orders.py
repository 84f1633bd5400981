"""The records of the order services, decoded. Each raises Undecodable, and nothing else, whatever the bytes are."""

from app.codec import Codec, CommandCodec, Undecodable
from app.domain import orders as domain
from app.domain.customers import Customer
from app.domain.enriched import EnrichedOrder, OrderEmail, PaidOrder
from app.domain.payments import Payment
from app.domain.stock import StockRow
from app.domain.validations import Validation

order_commands: CommandCodec[domain.Command] = CommandCodec(domain.Command)
orders: Codec[domain.Order] = Codec(domain.Order)
validations: Codec[Validation] = Codec(Validation)
payments: Codec[Payment] = Codec(Payment)
customers: Codec[Customer] = Codec(Customer)
stock_rows: Codec[StockRow] = Codec(StockRow)
paid_orders: Codec[PaidOrder] = Codec(PaidOrder)
enriched_orders: Codec[EnrichedOrder] = Codec(EnrichedOrder)
emails: Codec[OrderEmail] = Codec(OrderEmail)


def decode_text(key: bytes | None) -> str:
    """The text in a record's key: a product need not be named like an id."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError as error:
        raise Undecodable("The key is not UTF-8.", "key") from error
    if not text:
        raise Undecodable("The key is empty.", "key")
    return text
