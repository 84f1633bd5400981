"""Who orders. Pure; the shape of contract.md."""

from typing import Literal

from msgspec import Struct

Level = Literal["bronze", "silver", "gold", "platinum"]


class Customer(Struct, frozen=True, rename="camel"):
    """A record of customers, as the database has them."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    address: str | None
    level: Level
