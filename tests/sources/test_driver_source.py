"""Rows of the table of drivers reach trucking_driver: each change, in order, once, and none is missed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.conftest import Drivers
from tests.workers import eventually

INSERT = "INSERT INTO driver (id, first_name, last_name, last_update) VALUES "


def since_epoch_micros(record: object) -> int:
    return int(dict(record.headers)["source-timestamp"])  # type: ignore[attr-defined]


async def test_rows_become_records_as_the_contract_has_them_in_order_of_time_then_id(drivers: Drivers) -> None:
    drivers.cluster.start()
    await drivers.caught_up()
    (ward,) = await drivers.of(27)
    assert json.loads(ward.value) == {
        "id": 27,
        "firstName": "Walter",
        "lastName": "Ward",
        "available": "Y",
        "birthdate": "24-JUL-85",
        "last_update": 1506923052012,
    }
    assert (ward.key, ward.timestamp) == (b"27", 1506923052012)
    records = await drivers.records()
    for partition in {record.partition for record in records}:
        order = [(since_epoch_micros(r), int(r.key)) for r in records if r.partition == partition]
        assert order == sorted(order)


async def test_inserts_updates_and_deletes_reach_the_topic(drivers: Drivers) -> None:
    worker = drivers.cluster.start(KAWKA_SOURCE_COMPARE_S="0.5")
    await drivers.caught_up()
    await drivers.change(INSERT + "(60, 'Ann', 'Early', now())")
    await drivers.of(60)
    await drivers.change("UPDATE driver SET first_name = 'Anna' WHERE id = 60")
    await drivers.of(60, 2)
    before = datetime.now(UTC).timestamp() * 1000
    await drivers.change("DELETE FROM driver WHERE id = 60")
    first, second, gone = await drivers.of(60, 3)
    assert [json.loads(record.value)["firstName"] for record in (first, second)] == ["Ann", "Anna"]
    assert (gone.key, gone.value) == (b"60", None)
    assert gone.timestamp >= before - 1
    expected = {"deleted": 1, "written": len(await drivers.table()) + 2}

    async def counted() -> bool:  # after the commit that makes them visible
        found = await drivers.metrics(worker)
        rows = {
            what: found.get(f'kawka_source_rows_total{{source="driver-source",what="{what}"}}') for what in expected
        }
        return rows == expected

    await eventually(counted, what="every row counted once")


async def test_rows_of_one_timestamp_are_all_published_whenever_they_come(drivers: Drivers) -> None:
    drivers.cluster.start()
    await drivers.caught_up()
    moment = f"'{datetime.now(UTC).isoformat()}'"
    await drivers.change(INSERT + f"(61, 'One', 'Tied', {moment}), (62, 'Two', 'Tied', {moment})")
    await drivers.of(62)
    await drivers.change(INSERT + f"(60, 'Three', 'Tied', {moment}), (63, 'Four', 'Tied', {moment})")
    await drivers.of(63)
    await drivers.caught_up()
    assert [len(await drivers.of(number)) for number in (60, 61, 62, 63)] == [1, 1, 1, 1]


async def test_a_commit_that_comes_after_newer_rows_is_not_missed(drivers: Drivers) -> None:
    drivers.cluster.start()
    await drivers.caught_up()
    late = await drivers.connect()
    try:
        transaction = late.transaction()
        await transaction.start()
        await late.execute(INSERT + "(60, 'Late', 'Commit', now())")
        await drivers.change(INSERT + "(61, 'Newer', 'Row', now())")
        await drivers.of(61)
        await transaction.commit()
    finally:
        await late.close()
    await drivers.of(60)
    await drivers.caught_up()
    assert len(await drivers.of(61)) == 1  # read again and again inside the overlap, published once


async def test_a_change_older_than_the_overlap_is_found_by_the_comparison(drivers: Drivers) -> None:
    drivers.cluster.start(KAWKA_SOURCE_COMPARE_S="0.5")
    await drivers.caught_up()
    await drivers.change(INSERT + "(60, 'Very', 'Late', '2001-01-01Z')")
    (record,) = await drivers.of(60)
    assert record.timestamp == datetime(2001, 1, 1, tzinfo=UTC).timestamp() * 1000


@pytest.mark.long
async def test_a_restart_neither_skips_nor_repeats_rows(drivers: Drivers) -> None:
    worker = drivers.cluster.start()
    await drivers.caught_up()
    await worker.stop()
    before = len(await drivers.records())
    await drivers.change(
        "UPDATE driver SET first_name = 'Wally' WHERE id = 27",
        "DELETE FROM driver WHERE id = 11",
        INSERT + "(60, 'Old', 'Stamp', '2001-01-01Z')",
    )
    worker.start()
    await drivers.caught_up()
    assert len(await drivers.records()) == before + 3
    await worker.stop()
    worker.start()
    await drivers.leader()
    await drivers.change(INSERT + "(61, 'A', 'Mark', now())")
    await drivers.of(61)
    assert len(await drivers.records()) == before + 4


async def test_a_row_that_cannot_be_published_holds_up_no_other(drivers: Drivers) -> None:
    worker = drivers.cluster.start()
    await drivers.caught_up()
    await drivers.change(
        "ALTER TABLE driver ALTER first_name TYPE text",
        INSERT + "(60, repeat('x', 2000000), 'Huge', now())",
        "UPDATE driver SET birthdate = 'infinity' WHERE id = 12",
        "UPDATE driver SET last_update = 'infinity' WHERE id = 13",
        INSERT + "(61, 'Far', 'Ahead', now() + interval '1 year')",
        INSERT + "(62, 'After', 'Them', now())",
    )
    await drivers.of(62)
    (ahead,) = await drivers.of(61)
    assert ahead.timestamp < json.loads(ahead.value)["last_update"]  # Kafka takes no record from the future
    log = worker.log.read_text()
    assert log.count("the row with key 60 is not published") == 1
    assert log.count("the row with key 12 is not published") == 1
    await drivers.change("UPDATE driver SET first_name = 'Small' WHERE id = 60")
    await drivers.of(60)


@pytest.mark.long
async def test_without_its_database_a_worker_does_everything_else_and_catches_up_when_it_is_there(
    drivers: Drivers, tmp_path: Path
) -> None:
    await drivers.postgres.stop()
    worker = drivers.cluster.start()
    await drivers.cluster.settled(worker)

    async def complaints() -> int:
        return worker.log.read_text().count("cannot be read")

    assert await eventually(complaints) == 1
    await drivers.postgres.start()
    await drivers.caught_up()
    drivers.postgres.kill()

    async def failing() -> bool:
        counted = await drivers.metrics(worker)
        return await complaints() == 2 and counted.get('kawka_source_errors_total{source="driver-source"}', 0) > 2

    await eventually(failing)
    await drivers.cluster.settled(worker)
    await drivers.postgres.start()
    await drivers.change("UPDATE driver SET first_name = 'Wally' WHERE id = 27")
    await drivers.of(27, 2)

    async def back() -> bool:
        return worker.log.read_text().count("the database is back") == 2

    await eventually(back)
    assert (tmp_path / "postgres" / "password").read_text() not in worker.log.read_text()


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [("KAWKA_POSTGRES_URL", "", "is not set"), ("KAWKA_SOURCE", "connect", "leaves it to Kafka Connect")],
)
async def test_where_the_settings_say_so_no_source_runs_and_the_log_says_why(
    drivers: Drivers, setting: str, value: str, reason: str
) -> None:
    worker = drivers.cluster.start(**{setting: value})
    await drivers.cluster.settled(worker)

    async def said() -> bool:
        return f"table driver is not followed, since {setting}" in worker.log.read_text()

    await eventually(said)
    assert reason in worker.log.read_text()
    assert await drivers.metrics(worker) == {}
