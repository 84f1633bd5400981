"""The database's table of stock -> warehouse-inventory, on one worker at a time; a deleted row becomes a tombstone.

A quantity below 0 is published like any other: it is what the database says, and every order of the product fails its
check until there is stock again. To keep it back would leave the last quantity standing, and sell what is not there.
"""

import msgspec

from app import topics
from app.domain.stock import StockRow
from app.main import app
from app.sources.poller import follow
from app.sources.table import Row, TableSource


def stock_row(row: Row) -> StockRow:
    """Give a row as the record of the contract. A quantity that is no whole number: msgspec.ValidationError."""
    return StockRow(product=row.key.decode(), quantity=msgspec.convert(row.columns["quantity"], int))


stock = TableSource(
    name="stock-source",
    table="stock",
    key="product",
    timestamp="last_update",
    topic=topics.warehouse_inventory,
    value=stock_row,
)

follow(app, stock, by="inventory")
