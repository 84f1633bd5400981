"""Trucks, drivers and windows over HTTP: the same from every worker; a feed that tells of each truck the latest."""

import asyncio
import itertools
import time
from typing import Any

import aiohttp
import pytest

from app import topics
from tests.trucking.conftest import Trucking, position
from tests.views.calls import Feed, assert_problem, feed, get, partition
from tests.workers import Cluster, eventually

STREAM = "/api/trucks/stream"
DAY_MS = 24 * 60 * 60 * 1000
_numbers = itertools.count(5000)


def number(*partitions: int) -> int:
    """Give a truck or driver that no other test has, in one of some partitions."""
    return next(n for n in _numbers if not partitions or partition(str(n)) in partitions)


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture
async def one_day() -> None:
    """Begin a test after midnight (UTC) where that is near: what is of today before is of yesterday then."""
    left_ms = DAY_MS - now() % DAY_MS
    await asyncio.sleep(left_ms / 1000 if left_ms < 90_000 else 0)


@pytest.fixture
def trucking(depot: Cluster) -> Trucking:
    return Trucking(depot)


async def known(http: aiohttp.ClientSession, url: str, **fields: Any) -> Any:
    """Wait until a resource is there with these values; gives it."""

    async def there() -> Any:
        status, body, _ = await get(http, url)
        return body if status == 200 and all(body.get(name) == value for name, value in fields.items()) else None

    return await eventually(there, what=f"{url} with {fields}")


async def danger(watched: Feed, driver: int) -> dict[str, Any]:
    """Give the next dangerous event of a driver: those of other tests, who have no row, are told after 5 s."""
    while (event := await watched.next("dangerous"))["driverId"] != driver:
        pass
    return dict(event)


def made_up(windows: list[Any]) -> list[dict[str, Any]]:
    """Give the windows that a test made: the agents close some meanwhile, of what other tests sent."""
    return [each for each in windows if each and each["eventType"].startswith("Kind ")]


async def test_a_truck_is_known_to_every_worker_with_its_last_position_and_its_counts(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    for truck in (number(0, 1, 2, 3), number(4, 5, 6, 7)):
        at = now()
        await trucking.positions(
            position(truck, at=at),
            position(truck, at=at + 1, kind="Overspeed"),
            position(truck, at=at + 2, latitude=40.5),
        )
        for worker in depot.workers:
            body = await known(http, f"{worker.url}/api/trucks/{truck}", events=3)
            assert body["last"]["latitude"] == 40.5
            assert (body["dangerous"], body["byType"]) == (1, {"Normal": 2, "Overspeed": 1})
            _, listed, headers = await get(http, f"{worker.url}/api/trucks?limit=10000")
            assert body in listed["items"]
            assert headers["Kawka-Served-By"].count(",") == 1


async def test_the_list_goes_on_where_it_ended_and_beyond_what_workers_give_each_other(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    trucks = [number() for _ in range(1100)]
    await trucking.positions(*(position(truck, at=now()) for truck in trucks))
    web = depot.workers[0].url
    last = {partition(str(truck)): truck for truck in trucks}  # before it everything of its partition is known
    assert len(last) == 8
    await asyncio.gather(*(known(http, f"{web}/api/trucks/{truck}") for truck in last.values()))
    _, whole, _ = await get(http, f"{web}/api/trucks?limit=10000")
    ids = [item["last"]["truckId"] for item in whole["items"]]
    assert whole["cursor"] is None
    assert set(trucks) <= set(ids)
    paged, cursor = [], ""
    while cursor is not None:
        _, page, _ = await get(http, f"{web}/api/trucks?limit=600" + (f"&cursor={cursor}" if cursor else ""))
        paged += [item["last"]["truckId"] for item in page["items"]]
        cursor = page["cursor"]
    assert paged == ids == sorted(ids, key=str)


@pytest.mark.usefixtures("one_day")
async def test_a_driver_is_the_row_of_the_database_with_dangerous_events_today_and_ever(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    driver, stranger, old = number(), number(), number()
    await trucking.driver(driver, "Walter")
    await trucking.positions(
        position(1, driver, now() - DAY_MS, "Overspeed"),
        position(1, driver, now(), "Overspeed"),
        position(1, stranger, now(), "Lane Departure"),
        position(1, old, now() - 2 * DAY_MS, "Lane Departure"),
    )
    for worker in depot.workers:
        body = await known(http, f"{worker.url}/api/drivers/{driver}", ever=2, today=1)
        assert body["driver"]["firstName"] == "Walter"
        assert body["last"]["eventType"] == "Overspeed"
        body = await known(http, f"{worker.url}/api/drivers/{stranger}", ever=1)
        assert (body["driver"], body["today"]) == (None, 1)
        assert (await known(http, f"{worker.url}/api/drivers/{old}", ever=1))["today"] == 0


@pytest.mark.usefixtures("one_day")
async def test_drivers_are_ranked_by_their_dangerous_events(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    worse, bad, once_bad, good = (number() for _ in range(4))
    await trucking.driver(good, "Lila")
    await trucking.positions(
        *(position(1, worse, now(), "Overspeed") for _ in range(60)),
        *(position(1, bad, now(), "Overspeed") for _ in range(59)),
        *(position(1, once_bad, now() - DAY_MS, "Overspeed") for _ in range(61)),
    )
    web = depot.workers[1].url
    for driver, ever in ((worse, 60), (bad, 59), (once_bad, 61)):
        await known(http, f"{web}/api/drivers/{driver}", ever=ever)
    await known(http, f"{web}/api/drivers/{good}")
    _, today, _ = await get(http, f"{web}/api/drivers?limit=1000")
    _, ever, _ = await get(http, f"{web}/api/drivers?limit=1000&by=ever")
    mine = [str(driver) for driver in (worse, bad, once_bad)]
    assert [item["driverId"] for item in today["items"] if item["driverId"] in mine] == mine
    assert [item["driverId"] for item in ever["items"][:3]] == [mine[2], mine[0], mine[1]]
    assert {"driverId": str(good), "today": 0, "ever": 0, "last": None}.items() <= {
        name: value for item in today["items"] if item["driverId"] == str(good) for name, value in item.items()
    }.items()


async def test_a_truck_and_a_driver_have_a_history_with_places_in_the_log(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    truck, driver = number(), number()
    await trucking.driver(driver, "Walter")
    kinds = ["Normal", "Overspeed", "Normal", "Lane Departure"]
    await trucking.positions(*(position(truck, driver, now() + n, kind) for n, kind in enumerate(kinds)))
    web = depot.workers[0].url

    async def joined() -> Any:
        status, body, _ = await get(http, f"{web}/api/drivers/{driver}/events")
        return body["items"] if status == 200 and len(body["items"]) == 2 else None

    events = await eventually(joined, what="both dangerous events")
    assert [item["event"]["eventType"] for item in events] == ["Overspeed", "Lane Departure"]
    assert events[0]["event"]["driver"] is None or events[0]["event"]["driver"]["firstName"] == "Walter"
    _, body, _ = await get(http, f"{web}/api/trucks/{truck}/events?limit=3")
    assert [item["event"]["eventType"] for item in body["items"]] == kinds[1:]
    assert body["items"][0]["position"].startswith(f"depot-truck_position-{partition(str(truck))}:")


async def test_the_last_final_windows_are_given_oldest_first_and_told_as_they_come(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    start = now()
    windows: list[dict[str, Any]] = [
        {"windowStart": end - 20_000, "windowEnd": end, "size": 20_000, "eventType": f"Kind {n}", "count": n}
        for n, end in ((n, start + n) for n in range(20))
    ]
    web = depot.workers[0].url
    async with feed(http, web, path=STREAM) as watched:
        await trucking.send(topics.dangerous_driving_windowed, ("x", [], start), ("x", None, start))
        for each in windows:
            await trucking.send(topics.dangerous_driving_windowed, (each["eventType"], each, each["windowEnd"]))
        told: list[dict[str, Any]] = []
        while len(told) < len(windows):
            told += made_up([await watched.next("window")])
        told.sort(key=lambda window: int(window["windowEnd"]))
        assert told == windows  # the feed has no order between partitions
    _, body, _ = await get(http, f"{web}/api/windows?limit=200")
    assert made_up(body["items"]) == windows
    _, body, _ = await get(http, f"{web}/api/windows?limit=12")
    assert len(body["items"]) == 12


async def test_the_feed_tells_the_latest_of_each_truck_and_every_dangerous_event_with_its_driver(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    truck, other, driver = number(), number(), number()
    await trucking.driver(driver, "Walter")
    web = depot.workers[0].url
    await known(http, f"{web}/api/drivers/{driver}")
    async with feed(http, web, path=STREAM) as watched:
        await trucking.positions(
            *(position(truck, driver, now(), "Overspeed" if n % 100 == 0 else "Normal", routeId=n) for n in range(500)),
            position(other, driver, now(), routeId=7),
        )
        told: list[dict[str, Any]] = []
        while not {(truck, 499), (other, 7)} <= {(each["truckId"], each["routeId"]) for each in told}:
            told += await watched.next("trucks")
        told = [each for each in told if each["truckId"] == truck]
        assert len(told) < 100
    async with feed(http, web, path=STREAM) as watched:
        numbers = range(1000, 1005)
        await trucking.positions(*(position(truck, driver, now(), "Overspeed", routeId=n) for n in numbers))
        events: list[dict[str, Any]] = []
        while len(events) < len(numbers):
            event = await danger(watched, driver)
            if event["routeId"] in numbers:  # not one of those before
                events.append(event)
        assert [(each["routeId"], each["driver"]["firstName"]) for each in events] == [(n, "Walter") for n in numbers]


async def test_a_feed_resumed_on_another_worker_misses_no_danger_and_no_trucks_last_position(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    here, there = (worker.url for worker in depot.workers)
    trucks, driver = [number() for _ in range(8)], number()
    await trucking.driver(driver, "Lila")
    await known(http, f"{here}/api/drivers/{driver}")
    async with feed(http, here, path=STREAM) as watched:
        await trucking.positions(position(trucks[0], driver, now(), "Overspeed", routeId=1000))
        assert (await danger(watched, driver))["routeId"] == 1000
        resume = watched.last_id
    for n in range(3):
        at = now()
        await trucking.positions(
            *(
                position(truck, driver, at, "Overspeed" if truck == trucks[0] else "Normal", routeId=n)
                for truck in trucks
            )
        )
    dangers: list[int] = []
    last: dict[int, int] = {}
    async with feed(http, there, resume=resume, path=STREAM) as watched, asyncio.timeout(20):
        async for kind, data in watched._events():
            if kind == "trucks":
                last |= {each["truckId"]: each["routeId"] for each in data}
            elif kind == "dangerous" and data["driverId"] == driver:
                dangers.append(data["routeId"])
            if len(dangers) == 3 and {last.get(truck) for truck in trucks} == {2}:
                break
        late = await watched.until_beat("dangerous")  # of other tests' drivers, who stayed unknown, too
    dangers += [each["routeId"] for each in late if each["driverId"] == driver]
    assert dangers == [0, 1, 2]


async def test_a_record_that_is_no_position_is_not_told_and_stops_nobody(
    http: aiohttp.ClientSession, depot: Cluster, trucking: Trucking
) -> None:
    bad, good = number(), number()
    web = depot.workers[0].url
    async with feed(http, web, path=STREAM) as watched:
        await trucking.send(topics.truck_position, (bad, {"truckId": bad, "latitude": "north"}, now()))
        await trucking.positions(position(good, at=now()))
        told: list[dict[str, Any]] = []
        while not any(each["truckId"] == good for each in told):
            told += await watched.next("trucks")
        assert all(each["truckId"] != bad for each in told)
    _, body, _ = await get(http, f"{web}/api/trucks/{good}/events")
    assert len(body["items"]) == 1


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("trucks?limit=0", "limit"), ("trucks?limit=10001", "limit"), ("trucks?cursor=%25", "cursor"),
        ("trucks?partial=x", "partial"), ("trucks/a%20b", "id"), ("trucks/31/events?limit=x", "limit"),
        ("drivers?by=x", "by"), ("drivers/%00", "id"), ("windows?limit=-1", "limit"),
    ],
)  # fmt: skip
async def test_what_is_malformed_is_said_with_its_field(
    http: aiohttp.ClientSession, depot: Cluster, path: str, field: str
) -> None:
    async with http.get(f"{depot.workers[0].url}/api/{path}") as answer:
        await assert_problem(answer, 400, "malformed", field)


@pytest.mark.parametrize("path", ["trucks/nobody", "drivers/nobody"])
async def test_what_nobody_spoke_of_is_not_found_wherever_asked(
    http: aiohttp.ClientSession, depot: Cluster, path: str
) -> None:
    for worker in depot.workers:
        async with http.get(f"{worker.url}/api/{path}") as answer:
            await assert_problem(answer, 404, "not-found")
