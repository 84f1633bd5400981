"""What the warehouse holds. Pure; the shape of contract.md."""

from msgspec import Struct


class StockRow(Struct, frozen=True, rename="camel"):
    """A record of warehouse-inventory, as the database has it: nothing keeps the database from going below 0."""

    product: str
    quantity: int
