"""The page of the trucks, driven as a person would: real workers, real Chromium, wide and narrow, light and dark."""

import asyncio
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from app import topics
from app.simulate import trucks as simulated
from tests.trucking.conftest import T0, Trucking, position
from tests.views.test_pages import assert_accessible, assert_fits, looks, problem, wait_for
from tests.workers import Cluster

Send = Callable[..., None]
TRUCK, DRIVER = 31, 777
NAMES = {
    DRIVER: ("Ada", "Byron"), 10: ("George", "Vetticaden"), 11: ("Micky", "Isaacson"), 12: ("Laurence", "Lindsey"),
    13: ("Jamie", "Engesser"), 14: ("Paul", "Coddin"), 15: ("Joe", "Niemiec"), 16: ("Adam", "Diaz"),
    21: ("Lila", "Page"), 25: ("Jean", "Carter"), 26: ("Don", "Hilborn"), 27: ("Walter", "Ward"), 29: ("Teddy", "Choi"),
}  # fmt: skip


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def web(depot: Cluster) -> str:
    """Give the base URL of a worker with trucks."""
    return depot.workers[0].url


def apart(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something in a thread of its own: this one's loop is the browser's."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(work())).result(30)


@pytest.fixture(scope="module")
def trucking(depot: Cluster) -> Trucking:
    """Give the depot, with the drivers that have names."""
    trucking = Trucking(depot)
    rows = [
        (number, {"id": number, "firstName": first, "lastName": last, "last_update": T0}, T0)
        for number, (first, last) in NAMES.items()
    ]
    apart(lambda: trucking.send(topics.trucking_driver, *rows))
    return trucking


@pytest.fixture(scope="module")
def send(trucking: Trucking) -> Send:
    """Send truck positions."""
    return lambda *positions: apart(lambda: trucking.positions(*positions))


@pytest.fixture(scope="module")
def closed(trucking: Trucking) -> None:
    """Have windows of the last ten minutes, as if they had just become final."""
    kinds = ("Lane Departure", "Unsafe following distance", "Unsafe tail distance", "Overspeed")
    last = now() // 60_000 * 60_000
    windows = [
        (kind, {"windowStart": end - size, "windowEnd": end, "size": size, "eventType": kind, "count": count}, end)
        for size, step in ((20_000, 20_000), (60_000, 30_000))
        for slot in range(30)
        for end in (last - slot * step,)
        for kind in kinds
        if (count := (slot * 7 + len(kind) * slot // 3 + len(kind)) % (size // 2000))
    ]

    apart(lambda: trucking.send(topics.dangerous_driving_windowed, *windows))


@pytest.fixture(scope="module")
def traffic(trucking: Trucking, closed: None) -> Iterator[None]:  # noqa: ARG001 - a map comes with windows
    """Forty simulated trucks that drive until the module is done."""
    over = threading.Event()
    drive = simulated.positions(17, 40, 50, now)

    async def run() -> None:
        while not over.is_set():
            batch = [next(drive) for _ in range(25)]
            await trucking.positions(*(msgspec.to_builtins(each) for each in batch))
            await asyncio.sleep(0.5)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    yield
    over.set()
    thread.join()


def row(page: Page, truck: int) -> Any:
    return page.locator(".trucks tbody tr", has=page.get_by_role("link", name=str(truck), exact=True))


@looks
@pytest.mark.usefixtures("traffic")
def test_the_trucks_are_on_a_map_in_a_list_and_their_drivers_ranked(
    person: Any, shoot: Any, size: str, theme: str
) -> None:
    page = person(size, theme).open("/trucks")
    expect(page.get_by_role("heading", name="Trucks", level=1)).to_be_visible()
    expect(page.locator(".trucks tbody tr").nth(39)).to_be_visible()
    expect(page.locator(".ground .land")).to_be_attached()
    expect(page.locator(".ranking tbody tr").first).to_be_visible()
    expect(page.locator(".alarms li").nth(3)).to_be_visible()
    expect(page.locator(".bars rect").nth(20)).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"trucks-{size}-{theme}")


@looks
@pytest.mark.usefixtures("traffic")
def test_a_truck_and_its_driver_are_asked_by_an_address_of_their_own(
    person: Any, shoot: Any, size: str, theme: str
) -> None:
    page = person(size, theme).open("/trucks")
    row(page, 103).get_by_role("link", name="103").click()
    expect(page).to_have_url(re.compile("truck=103"))
    detail = page.get_by_role("region", name="Truck 103")
    expect(detail.locator(".past li").nth(3)).to_be_visible()
    expect(detail.locator(".facts")).to_contain_text("Last event")
    expect(detail.get_by_role("heading", name="Truck 103")).to_be_in_viewport()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"trucks-one-{size}-{theme}")
    detail.locator(".facts a").click()
    expect(page).to_have_url(re.compile(r"driver=12(&|$)"))
    expect(page.get_by_role("region", name="Driver 12")).to_contain_text("Dangerous today")
    assert_accessible(page)
    page.go_back()
    expect(detail).to_be_visible()
    detail.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Most dangerous drivers")).to_be_visible()


def test_a_click_on_the_map_picks_the_truck_there(person: Any, send: Send) -> None:
    page = person().open("/trucks")
    send(position(TRUCK, DRIVER, now(), latitude=47.5, longitude=-100.0))
    expect(row(page, TRUCK)).to_contain_text("47.50, -100.00")
    x, y = page.evaluate("import('/static/trucks/albers.js').then(({ project }) => project(-100, 47.5))")
    canvas = page.get_by_role("img", name="Map of the United States")
    box = canvas.bounding_box()
    assert box is not None
    left, top = x * box["width"] / 975, y * box["height"] / 610
    drawn = f"document.querySelector('.truck-map canvas').scene.at(...arg)?.id === '{TRUCK}'"
    wait_for(page, drawn, [left, top])  # the list has it up to half a second earlier
    canvas.click(position={"x": left, "y": top})
    expect(page).to_have_url(re.compile(f"truck={TRUCK}"))


def test_a_dangerous_event_is_seen_as_it_comes_and_counted(person: Any, send: Send) -> None:
    truck = 7001
    send(position(truck, DRIVER, now()))
    page = person().open(f"/trucks?q={truck}")
    expect(row(page, truck)).to_contain_text("Normal")
    send(position(truck, DRIVER, now(), "Overspeed"))
    expect(row(page, truck)).to_contain_text("Overspeed")
    expect(row(page, truck)).to_contain_text("Ada Byron")
    alarm = page.locator(".alarms li", has=page.get_by_role("link", name=f"Truck {truck}"))
    expect(alarm).to_contain_text("Overspeed")
    alarm.get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("region", name=f"Driver {DRIVER}").locator(".past li").first).to_contain_text("Overspeed")
    send(position(truck, DRIVER, now(), "Swerving"))
    expect(row(page, truck)).to_contain_text("Swerving")


def test_trucks_are_filtered_by_type_and_searched_by_keyboard(person: Any, send: Send) -> None:
    send(position(987101, DRIVER, now()), position(987102, DRIVER, now()))
    page = person().open("/trucks?q=98710")
    expect(page.locator(".trucks tbody tr")).to_have_count(2)
    send(position(987102, DRIVER, now(), "Lane Departure"), position(987102, DRIVER, now() + 1))
    kinds = page.get_by_role("navigation", name="Type of event")
    kinds.get_by_role("link", name="Dangerous").click()
    expect(page.locator(".trucks tbody tr")).to_have_count(1)
    expect(row(page, 987102)).to_be_visible()
    kinds.get_by_role("link", name="Overspeed").click()
    expect(page.get_by_role("heading", name="No truck fits")).to_be_visible()
    page.get_by_role("button", name="Show all trucks").click()
    expect(page.locator(".trucks tbody tr").nth(1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("987101")
    expect(page).to_have_url(re.compile("q=987101"))
    expect(page.locator(".trucks tbody tr")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Truck 987101")).to_be_visible()


@looks
@pytest.mark.usefixtures("traffic")
def test_the_windows_are_bars_with_a_table_behind_them(person: Any, shoot: Any, size: str, theme: str) -> None:
    page = person(size, theme).open("/trucks")
    windows = page.get_by_role("region", name="Danger by window")
    expect(windows.get_by_role("img", name=re.compile("Overspeed: .* in the last window"))).to_be_visible()
    windows.get_by_role("button", name="60 s").click()
    windows.get_by_role("button", name="Table").click()
    expect(windows.locator("tbody tr")).to_have_count(30)
    assert_accessible(page)
    assert_fits(page)
    windows.scroll_into_view_if_needed()
    shoot(page, f"trucks-windows-{size}-{theme}")


@looks
def test_a_dropped_feed_is_said_and_what_came_meanwhile_is_there_afterwards(
    person: Any, send: Send, line: Any, shoot: Any, size: str, theme: str
) -> None:
    truck = 7201
    send(position(truck, DRIVER, now()))
    page = person(size, theme, base=line.url).open(f"/trucks?q={truck}")
    expect(row(page, truck)).to_contain_text("Normal")
    line.cut()
    expect(page.get_by_text("The live feed dropped.")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"trucks-dropped-{size}-{theme}")
    send(position(truck, DRIVER, now(), "Overspeed"))
    line.mend()
    expect(page.locator("[data-feed=live]")).to_be_visible()
    expect(row(page, truck)).to_contain_text("Overspeed")
    expect(page.get_by_text("The live feed dropped.")).to_be_hidden()


@looks
def test_without_trucks_the_command_that_brings_some_is_shown(person: Any, shoot: Any, size: str, theme: str) -> None:
    me = person(size, theme)
    me.page.route("**/api/trucks?*", lambda route: route.fulfill(json={"items": [], "cursor": None, "missing": []}))
    me.page.route("**/api/trucks/stream", lambda route: route.abort())
    me.page.goto("/trucks")
    page = me.page
    expect(page.get_by_role("heading", name="No truck has said where it is yet")).to_be_visible()
    expect(page.get_by_text("kawka simulate trucks")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"trucks-empty-{size}-{theme}")


def test_trucks_that_cannot_be_read_or_only_in_part_are_said(person: Any, send: Send) -> None:
    send(position(7301, DRIVER, now()))
    me = person()
    me.page.route("**/api/trucks/stream", lambda route: route.abort())
    me.page.route("**/api/trucks?*", lambda route: route.fulfill(**problem(503, "not-ready", "Still starting.")))
    me.page.goto("/trucks")
    expect(me.page.get_by_role("alert").first).to_contain_text("Still starting.")
    me.page.unroute("**/api/trucks?*")

    def without_three(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "missing": [3]})

    me.page.route("**/api/trucks?*", without_three)
    me.page.get_by_role("button", name="Try again").click()
    expect(me.page.get_by_text("Partition 3 has no ready owner")).to_be_visible()
    assert_accessible(me.page)


def test_the_rail_has_trucks_only_where_the_service_runs(person: Any) -> None:
    rail = person().open("/").get_by_role("navigation", name="Main")
    expect(rail.get_by_role("link", name="Trucks")).to_be_visible()

    def without_trucks(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        nodes = [node for node in body["nodes"] if node["name"] != "truck-positions"]
        route.fulfill(response=answer, json={**body, "nodes": nodes})

    me = person()
    me.page.route("**/api/topology", without_trucks)
    with me.page.expect_response("**/api/topology"):
        page = me.open("/")
    expect(page.get_by_role("link", name="Workers")).to_be_visible()
    expect(page.get_by_role("link", name="Trucks")).to_be_hidden()


def test_who_wants_less_motion_sees_the_same_trucks(person: Any, send: Send) -> None:
    me = person()
    me.page.emulate_media(reduced_motion="reduce")
    page = me.open("/trucks?q=7401")
    send(position(7401, DRIVER, now(), "Overspeed"))
    expect(row(page, 7401)).to_contain_text("Overspeed")


def test_many_trucks_are_all_counted_and_shown_a_page_at_a_time(person: Any) -> None:
    items = [
        {
            "last": position(n, DRIVER, now(), latitude=30 + n % 17, longitude=-120 + n % 41),
            "events": 1, "dangerous": 0, "byType": {"Normal": 1},
        }
        for n in range(10_000)
    ]  # fmt: skip
    me = person()
    me.page.route("**/api/trucks?*", lambda route: route.fulfill(json={"items": items, "cursor": None, "missing": []}))
    page = me.open("/trucks")
    expect(page.get_by_text("10,000 trucks")).to_be_visible()
    expect(page.locator(".trucks tbody tr")).to_have_count(50)
    page.get_by_role("button", name="Show 50 more").click()
    expect(page.locator(".trucks tbody tr")).to_have_count(100)


def test_the_page_weighs_under_250_kb_without_its_map_and_asks_no_other_host(person: Any, web: str, send: Send) -> None:
    send(position(TRUCK, DRIVER, now()))
    me = person()
    asked: list[str] = []
    me.page.on("request", lambda request: asked.append(request.url))
    page = me.open("/trucks")
    expect(page.locator(".ground .land")).to_be_attached()
    assert {url for url in asked if not url.startswith(web)} == set()
    loaded = page.evaluate("performance.getEntriesByType('resource').map((each) => [each.name, each.decodedBodySize])")
    weight = sum(size for name, size in loaded if "/api/" not in name and "us-states" not in name)
    assert 0 < weight < 250_000


def test_the_map_projects_as_d3_does(person: Any) -> None:
    page = person().open("/workers")
    # What d3-geo 3.1.2 gives: geoAlbersUsa().scale(1300).translate([487.5, 305]).
    wanted = {
        (-94.31, 37.31): (528.224, 336.612), (-122.33, 47.6): (97.618, 46.462), (-80.19, 25.76): (822.781, 572.572),
        (-149.9, 61.2): (112.287, 544.422), (-157.86, 21.3): (266.923, 549.346), (2.3, 48.8): None,
    }  # fmt: skip
    got = page.evaluate(
        "(all) => import('/static/trucks/albers.js').then(({ project }) => all.map((place) => project(...place)))",
        list(wanted),
    )
    for place, point in zip(wanted.values(), got, strict=True):
        assert point == (None if place is None else pytest.approx(place, abs=0.001))


def test_the_page_of_the_trucks_is_an_address_of_its_own(web: str) -> None:
    with urllib.request.urlopen(f"{web}/trucks", timeout=30) as answer:
        assert "<html" in answer.read().decode()
