"""The page of the orders, driven as a person would: real workers, real Chromium, wide and narrow, light and dark."""

import asyncio
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from playwright.sync_api import Page, Route, expect

from app import topics
from app.codec import encode
from app.domain.payments import Payment
from app.simulate import orders as simulated
from tests.views.orders import customer, new_order, new_product, stock
from tests.views.test_pages import assert_accessible, assert_fits, looks, problem, two_looks
from tests.workers import Cluster

NAMES = ("Ada Byron", "Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov", "Donald Knuth")
LEVELS = ("gold", "platinum", "silver", "bronze")
in_two_looks = pytest.mark.parametrize(("size", "theme"), two_looks)
GOODS = {"JUMPERS": 900, "UNDERPANTS": 400, "STOCKINGS": 250, "SOCKS": 0}


@pytest.fixture(scope="module")
def web(shop: Cluster) -> str:
    """Give the base URL of a worker with orders."""
    return shop.workers[0].url


def apart(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something in a thread of its own: this one's loop is the browser's."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(work())).result(30)


@pytest.fixture(scope="module")
def goods(shop: Cluster) -> None:
    """Have a warehouse, and customers with names."""

    async def tell() -> None:
        await stock(shop, **GOODS)
        for number, name in enumerate(NAMES):
            first, last = name.split()
            await customer(shop, str(1001 + number), first, last, LEVELS[number % 4])

    apart(tell)


@pytest.fixture(scope="module")
def trade(shop: Cluster, goods: None) -> Iterator[None]:  # noqa: ARG001 - a shop has goods
    """Simulated customers who order, pay, cancel and are shipped to until the module is done."""
    over = threading.Event()

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=shop.broker)
        await producer.start()
        try:
            for steps in simulated.shop(7, 2, customers=len(NAMES)):
                for key, record in steps:
                    topic = topics.payments if isinstance(record, Payment) else topics.order_commands
                    await producer.send_and_wait(shop.topic(topic), encode(record), key=key.encode())
                if over.is_set():
                    return
                await asyncio.sleep(0.2)
        finally:
            await producer.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    yield
    over.set()
    thread.join()


def call(method: str, url: str, body: Any = None) -> Any:
    """Ask a worker as somebody without a browser would."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def placed(web: str, **fields: Any) -> str:
    """Give the id of a new order that has its verdict."""
    order = new_order(**fields)
    call("POST", f"{web}/v1/orders?timeout=25000", order)
    call("GET", f"{web}/v1/orders/{order['id']}/validated?timeout=30000")
    return str(order["id"])


def row(page: Page, order_id: str) -> Any:
    return page.locator(".orders tbody tr", has=page.get_by_role("link", name=order_id, exact=True))


def detail(page: Page, order_id: str) -> Any:
    return page.get_by_role("region", name=f"Order {order_id}")


def fill(page: Page, **fields: str) -> Any:
    sheet = page.get_by_role("dialog", name="New order")
    names = {"price": "Price of one", "order_id": "Order id"}
    for name, value in fields.items():
        sheet.get_by_label(names.get(name, name.capitalize()), exact=True).fill(value)
    return sheet


@looks
@pytest.mark.usefixtures("trade")
def test_orders_stock_customers_and_the_flow_of_the_services_are_on_one_page(
    person: Any, shoot: Any, size: str, theme: str
) -> None:
    page = person(size, theme).open("/orders")
    expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    expect(page.locator(".orders tbody tr").nth(9)).to_be_visible()
    expect(page.locator(".shelf", has_text="JUMPERS").locator(".bit.offered")).to_be_visible()
    expect(page.locator(".buyers tbody tr").first).to_be_visible()
    expect(page.locator(".service.ready")).to_have_count(7)
    expect(page.locator(".stream.steady, .stream.fast, .stream.slow").first).to_be_attached()
    expect(page.locator(".orders .mark").first).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-{size}-{theme}")


@looks
@pytest.mark.usefixtures("trade")
def test_an_order_is_placed_and_its_checks_are_watched_as_they_come(
    person: Any, shoot: Any, size: str, theme: str
) -> None:
    page = person(size, theme).open("/orders")
    expect(page.locator(".shelf").first).to_be_visible()
    page.get_by_role("link", name="New order").click()
    order_id = str(new_order()["id"])
    sheet = fill(page, product="JUMPERS", customer=f"c-{order_id}", quantity="2", price="19.90", order_id=order_id)
    expect(sheet.locator("footer strong")).to_have_text("39.80")
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-new-{size}-{theme}")
    sheet.get_by_role("button", name="Place order").click()
    expect(page).to_have_url(re.compile(f"/orders/{order_id}$"))
    mine = detail(page, order_id)
    expect(mine.locator(".verdict")).to_contain_text("Validated")
    expect(mine.locator(".checks .pass")).to_have_count(3)
    expect(mine.locator(".history li").nth(5)).to_be_visible()
    expect(mine.locator(".history")).to_contain_text("Somebody asked to place it")
    expect(row(page, order_id)).to_contain_text("39.80")
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-one-{size}-{theme}")
    mine.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Stock")).to_be_visible()
    page.go_back()
    expect(mine).to_be_visible()


@pytest.mark.usefixtures("goods")
def test_an_order_that_fails_says_which_check_and_why(person: Any, shoot: Any) -> None:
    page = person().open("/orders?new=1")
    order_id = str(new_order()["id"])
    fill(page, product="JUMPERS", customer="c-1", quantity="0", price="5", order_id=order_id).get_by_role(
        "button", name="Place order"
    ).click()
    mine = detail(page, order_id)
    expect(mine.locator(".verdict")).to_contain_text("Failed")
    expect(mine.locator(".checks .fail").first).to_contain_text("quantity below 1")
    expect(mine.get_by_role("button", name="Ship")).to_be_hidden()
    assert_accessible(page)
    shoot(page, "orders-failed-wide-light")


def test_what_the_rules_refuse_is_said_at_its_field_and_an_id_that_is_taken_in_words(person: Any, web: str) -> None:
    taken = placed(web)
    page = person().open("/orders?new=1")
    sheet = fill(page, customer="not an id")
    sheet.get_by_role("button", name="Place order").click()
    expect(sheet.get_by_label("Customer", exact=True)).to_have_attribute("aria-invalid", "true")
    fill(page, customer="c-2", price="0.001").get_by_role("button", name="Place order").click()
    expect(sheet.locator(".fault")).to_contain_text("at most 2 decimals")
    fill(page, price="7", order_id=taken).get_by_role("button", name="Place order").click()
    expect(sheet.get_by_role("alert")).to_contain_text("other content")
    assert_accessible(page)


def test_orders_are_shipped_cancelled_and_paid_from_the_page(person: Any, web: str, shop: Cluster) -> None:
    product = new_product()
    apart(lambda: stock(shop, **{product: 10}))
    shipped, cancelled = placed(web, product=product), placed(web, product=product)
    page = person().open(f"/orders/{shipped}")
    mine = detail(page, shipped)
    mine.get_by_role("button", name="Pay").click()
    expect(mine.locator(".history")).to_contain_text("Payment of 5 GBP")
    mine.get_by_role("button", name="Ship").click()
    expect(mine.locator(".verdict")).to_contain_text("Shipped")
    expect(mine.locator(".history li").first).to_contain_text("Shipped")
    page.goto(f"/orders/{cancelled}")
    mine = detail(page, cancelled)
    mine.get_by_role("button", name="Cancel order").click()
    expect(mine.locator(".verdict")).to_contain_text("Cancelled")
    expect(mine.get_by_role("button", name="Ship")).to_be_hidden()
    mine.get_by_role("button", name="Close").click()
    shelf = page.locator(".shelf", has_text=product)
    expect(shelf.locator(".left")).to_have_text("9 of 10")
    expect(shelf.get_by_role("img", name=re.compile("1 shipped, 0 reserved, 9 offered"))).to_be_visible()


def test_a_wish_without_an_answer_is_sent_again_and_takes_effect_once(person: Any, web: str, shop: Cluster) -> None:
    product = new_product()
    apart(lambda: stock(shop, **{product: 10}))
    order_id = placed(web, product=product)
    me = person()
    page = me.open(f"/orders/{order_id}")

    def lose(route: Route) -> None:
        route.fetch()
        route.fulfill(**problem(504, "not-decided", "The command was not decided in time."))

    page.route("**/ship", lose)
    mine = detail(page, order_id)
    mine.get_by_role("button", name="Ship").click()
    expect(mine.get_by_role("alert")).to_contain_text("Sending it again is safe")
    assert_accessible(page)
    page.unroute("**/ship")
    mine.get_by_role("button", name="Send again").click()
    expect(mine.get_by_role("alert")).to_be_hidden()
    expect(mine.locator(".verdict")).to_contain_text("Shipped")


def test_an_order_nobody_placed_is_said_to_be_none(person: Any) -> None:
    page = person().open("/orders/nobody-placed-this")
    expect(page.get_by_role("heading", name="No order has this id")).to_be_visible()
    assert_accessible(page)


def test_orders_are_filtered_by_state_and_searched_by_keyboard(person: Any, web: str) -> None:
    bad, other = placed(web, quantity=-1), placed(web, quantity=-2)
    page = person().open("/orders")
    states = page.get_by_role("navigation", name="State")
    states.get_by_role("link", name=re.compile("^Failed")).click()
    expect(row(page, bad)).to_be_visible()
    expect(page.locator(".orders tbody tr", has_text="Validated")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type(bad)
    expect(page.locator(".orders tbody tr")).to_have_count(1)
    expect(row(page, other)).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(detail(page, bad)).to_be_visible()
    states.get_by_role("link", name=re.compile("^Shipped")).click()
    expect(page.get_by_role("heading", name="Nothing lately matches")).to_be_visible()
    page.get_by_role("button", name="Show all orders").click()
    expect(page.locator(".orders tbody tr").nth(1)).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="New order")).to_be_visible()


@in_two_looks
@pytest.mark.usefixtures("trade")
def test_stock_and_services_have_tables_behind_their_pictures(person: Any, shoot: Any, size: str, theme: str) -> None:
    page = person(size, theme).open("/orders")
    shelves = page.get_by_role("region", name="Stock", exact=True)
    shelves.get_by_role("button", name="Table").click()
    expect(shelves.get_by_role("row", name=re.compile("^SOCKS 0 0 0 0"))).to_be_visible()
    services = page.get_by_role("region", name="Services", exact=True)
    services.get_by_role("button", name="Table").click()
    expect(services.locator("tbody tr")).to_have_count(7)
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-tables-{size}-{theme}")


@in_two_looks
def test_a_dropped_feed_is_said_and_what_came_meanwhile_is_there_afterwards(
    person: Any, web: str, line: Any, shoot: Any, size: str, theme: str
) -> None:
    before = placed(web)
    page = person(size, theme, base=line.url).open(f"/orders?q={before[:5]}")
    expect(row(page, before)).to_be_visible()
    line.cut()
    expect(page.get_by_text("The live feed dropped.")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-dropped-{size}-{theme}")
    meanwhile = placed(web, quantity=-1)
    line.mend()
    expect(page.locator("[data-feed=live]")).to_be_visible()
    page.goto(f"/orders?q={meanwhile}")
    expect(row(page, meanwhile)).to_contain_text("Failed")


def test_orders_that_came_while_the_feed_was_down_come_in_without_loading_the_page_anew(
    person: Any, web: str, line: Any
) -> None:
    page = person(base=line.url).open("/orders")
    expect(page.locator(".orders tbody tr").first).to_be_visible()
    line.cut()
    expect(page.get_by_text("The live feed dropped.")).to_be_visible()
    meanwhile = placed(web)
    line.mend()
    expect(row(page, meanwhile)).to_be_visible()


@in_two_looks
def test_without_orders_the_commands_that_bring_some_are_shown(person: Any, shoot: Any, size: str, theme: str) -> None:
    me = person(size, theme)
    me.page.route("**/api/orders?*", lambda route: route.fulfill(json={"items": [], "required": []}))
    me.page.route("**/v1/products*", lambda route: route.fulfill(json={"items": [], "missing": []}))
    nobody = {"items": [], "customers": 0, "limit": "2000", "missing": []}
    me.page.route("**/api/customers*", lambda route: route.fulfill(json=nobody))
    me.page.route("**/api/orders/stream*", lambda route: route.abort())
    me.page.goto("/orders")
    page = me.page
    expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    expect(page.get_by_text("kawka simulate orders")).to_be_visible()
    expect(page.get_by_text("Nobody has ordered within the last hour")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    shoot(page, f"orders-empty-{size}-{theme}")


def test_what_cannot_be_read_or_only_in_part_is_said(person: Any, web: str, shoot: Any) -> None:
    placed(web)
    me = person()
    for path in ("**/api/orders?*", "**/v1/products*", "**/api/customers*"):
        me.page.route(path, lambda route: route.fulfill(**problem(503, "not-ready", "Still starting.")))
    me.page.route("**/api/orders/stream*", lambda route: route.abort())
    me.page.goto("/orders")
    expect(me.page.get_by_role("heading", name="The orders could not be loaded")).to_be_visible()
    expect(me.page.get_by_text("Still starting.")).to_have_count(3)
    assert_accessible(me.page)
    shoot(me.page, "orders-failing-wide-light")

    def without_three(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "missing": [3]})

    me.page.unroute("**/api/orders?*")
    for path in ("**/v1/products*", "**/api/customers*"):
        me.page.unroute(path)
        me.page.route(path, without_three)
    again = me.page.get_by_role("button", name="Try again")
    for left in (2, 1, 0):
        again.first.click()
        expect(again).to_have_count(left)
    expect(me.page.locator(".orders tbody tr").first).to_be_visible()
    expect(me.page.get_by_text("Partition 3 missing: no ready owner")).to_have_count(2)
    assert_accessible(me.page)
    shoot(me.page, "orders-partial-wide-light")


def test_the_rail_has_orders_only_where_the_service_runs(person: Any) -> None:
    rail = person().open("/").get_by_role("navigation", name="Main")
    expect(rail.get_by_role("link", name="Orders")).to_be_visible()

    def without_orders(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        nodes = [node for node in body["nodes"] if node["name"] != "order-details"]
        route.fulfill(response=answer, json={**body, "nodes": nodes})

    me = person()
    me.page.route("**/api/topology", without_orders)
    with me.page.expect_response("**/api/topology"):
        page = me.open("/")
    expect(page.get_by_role("link", name="Workers")).to_be_visible()
    expect(page.get_by_role("link", name="Orders")).to_be_hidden()


@pytest.mark.usefixtures("trade")
def test_who_wants_less_motion_sees_the_same_orders(person: Any, web: str) -> None:
    me = person()
    me.page.emulate_media(reduced_motion="reduce")
    page = me.open("/orders")
    order_id = placed(web)
    expect(row(page, order_id)).to_be_visible()
    assert page.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length") == 0


def test_the_page_weighs_under_250_kb_and_asks_no_other_host(person: Any, web: str) -> None:
    placed(web)
    me = person()
    asked: list[str] = []
    me.page.on("request", lambda request: asked.append(request.url))
    page = me.open("/orders")
    expect(page.locator(".orders tbody tr").first).to_be_visible()
    assert {url for url in asked if not url.startswith(web)} == set()
    loaded = page.evaluate("performance.getEntriesByType('resource').map((each) => [each.name, each.decodedBodySize])")
    weight = sum(size for name, size in loaded if "/api/" not in name and "/v1/" not in name)
    assert 0 < weight < 250_000


@pytest.mark.parametrize("path", ["/orders", "/orders/ord-1"])
def test_the_page_of_the_orders_and_each_order_are_addresses_of_their_own(web: str, path: str) -> None:
    with urllib.request.urlopen(web + path, timeout=30) as answer:
        assert "<html" in answer.read().decode()
