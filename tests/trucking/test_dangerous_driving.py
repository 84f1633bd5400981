"""From positions to dangerous events and their drivers, on real Kafka."""

import signal

import pytest

from app import topics
from tests.trucking.conftest import T0, Trucking, position
from tests.workers import eventually


async def test_only_events_other_than_normal_are_dangerous_and_an_unknown_type_is(trucking: Trucking) -> None:
    trucking.cluster.start()
    kinds = ("Normal", "Overspeed", "Lane Departure", "Something new", "Normal")
    await trucking.positions(*(position(at=T0 + at, kind=kind) for at, kind in enumerate(kinds)))
    found = await trucking.read(topics.dangerous_driving, 3)
    assert [one["eventType"] for one in found] == ["Overspeed", "Lane Departure", "Something new"]


async def test_a_dangerous_event_is_joined_with_its_driver(trucking: Trucking) -> None:
    trucking.cluster.start()
    await trucking.driver(27, "Walter")
    await trucking.positions(position(kind="Overspeed", at=T0 + 1))
    (joined,) = await trucking.read(topics.dangerous_driving_driver, 1)
    assert joined == {
        **position(kind="Overspeed", at=T0 + 1),
        "driver": {"id": 27, "firstName": "Walter", "last_update": T0},
    }


async def test_an_event_waits_for_a_driver_that_is_not_known_yet_and_the_order_is_kept(trucking: Trucking) -> None:
    trucking.cluster.start(KAWKA_JOIN_GRACE_S="60")
    await trucking.positions(*(position(kind="Overspeed", at=T0 + at) for at in range(3)))
    await trucking.read(topics.dangerous_driving, 3)
    await trucking.driver(27, "Walter", at=T0 + 10)
    joined = await trucking.read(topics.dangerous_driving_driver, 3)
    assert [(one["timestamp"], one["driver"]["firstName"]) for one in joined] == [
        (T0 + at, "Walter") for at in range(3)
    ]


async def test_an_event_whose_driver_stays_unknown_goes_out_with_null_once_its_time_is_up(trucking: Trucking) -> None:
    trucking.cluster.start(KAWKA_JOIN_GRACE_S="1")
    await trucking.positions(position(driver=99, kind="Overspeed"))
    (joined,) = await trucking.read(topics.dangerous_driving_driver, 1)
    assert joined["driver"] is None


async def test_a_drivers_change_is_seen_by_later_events_only(trucking: Trucking) -> None:
    trucking.cluster.start()
    await trucking.driver(27, "Walter")
    await trucking.positions(position(kind="Overspeed", at=T0 + 1))
    await trucking.read(topics.dangerous_driving_driver, 1)
    await trucking.driver(27, "Wally", at=T0 + 2)
    await trucking.driver(28, "Other", at=T0 + 2)
    await trucking.positions(position(kind="Overspeed", at=T0 + 3))
    names = [one["driver"]["firstName"] for one in await trucking.read(topics.dangerous_driving_driver, 2)]
    assert names == ["Walter", "Wally"]


@pytest.mark.long
async def test_waiting_events_go_out_once_although_the_worker_is_killed_while_they_wait(trucking: Trucking) -> None:
    worker = trucking.cluster.start(KAWKA_JOIN_GRACE_S="8")
    await trucking.cluster.settled()
    await trucking.positions(*(position(driver=99, kind="Overspeed", at=T0 + at) for at in range(5)))

    async def they_wait() -> bool:
        async with trucking.cluster.http() as http, http.get(f"{worker.url}/api/tables/driving/99") as answer:
            return answer.status == 200 and (await answer.json())["value"]["ever"] == 5

    await eventually(they_wait)
    worker.signal(signal.SIGKILL)
    await worker.gone()
    worker.start()
    joined = await trucking.read(topics.dangerous_driving_driver, 5)
    assert [(one["timestamp"], one["driver"]) for one in joined] == [(T0 + at, None) for at in range(5)]
