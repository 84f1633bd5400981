"""The database's table of drivers -> trucking_driver, on one worker at a time."""

from app import topics
from app.domain.drivers import Driver, birthdate
from app.main import app
from app.sources.poller import follow
from app.sources.table import Row, TableSource


def driver(row: Row) -> Driver:
    """Give a row as the record of the contract."""
    columns = row.columns
    return Driver(
        id=columns["id"],
        first_name=columns["first_name"],
        last_name=columns["last_name"],
        available=columns["available"],
        birthdate=birthdate(columns["birthdate"]),
        last_update=row.at_ms,
    )


drivers = TableSource(
    name="driver-source",
    table="driver",
    key="id",
    timestamp="last_update",
    topic=topics.trucking_driver,
    value=driver,
)

follow(app, drivers, by="dangerous-drivers")
