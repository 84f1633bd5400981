"""Who drives the trucks. Pure; the shape of contract.md."""

from datetime import date

from msgspec import Struct

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Driver(Struct, frozen=True, rename={"first_name": "firstName", "last_name": "lastName"}):
    """A record of trucking_driver. `birthdate` as 24-JUL-85; `last_update` ms since 1970."""

    id: int
    first_name: str | None
    last_name: str | None
    available: str | None
    birthdate: str | None
    last_update: int


def birthdate(iso: str | None) -> str | None:
    """Give a date as the contract has it: 1985-07-24 is 24-JUL-85. ValueError when it is none."""
    if iso is None:
        return None
    day = date.fromisoformat(iso)
    return f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year % 100:02}"
