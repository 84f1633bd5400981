"""Orders over REST: placed, awaited, cancelled, shipped; whichever worker is asked."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from app import topics
from app.engine.ends import POLL_S, POLLS
from tests.views.calls import assert_problem, feed, get, id_in, new_id, partition
from tests.views.conftest import FEW_POLLS
from tests.views.orders import ask, customer, new_order, new_product, place, send, stock, validated
from tests.workers import Cluster, eventually

PROBLEMS = "application/problem+json"


@pytest.fixture
def urls(shop: Cluster) -> tuple[str, str]:
    """Give the workers' base URLs."""
    return shop.workers[0].url, shop.workers[1].url


@pytest.fixture
async def product(shop: Cluster) -> str:
    """Give a product of which there are 100."""
    made = new_product()
    await stock(shop, **{made: 100})
    return made


async def test_an_order_is_placed_once_however_often_it_is_sent(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    order = new_order(quantity=3, price=12.5)
    for number in range(4):
        status, body, headers = await ask(http, "POST", f"{urls[number % 2]}/v1/orders", json=order)
        assert (status, headers["Location"]) == (201, f"/v1/orders/{order['id']}")
        assert {**body, "state": "CREATED", "at": "", "reasons": []} == {**order, "at": "", "reasons": []}
    as_text = {**order, "quantity": "3", "price": "12.50"}
    assert (await ask(http, "POST", f"{urls[0]}/v1/orders", json=as_text))[0] == 201
    for changed in ({"quantity": 4}, {"price": 12.51}, {"product": "SOCKS"}, {"customerId": "other"}):
        async with http.post(f"{urls[0]}/v1/orders", json={**order, **changed}) as answer:
            await assert_problem(answer, 409, "order-exists")
    events = (await get(http, f"{urls[0]}/api/orders/{order['id']}/events"))[1]
    assert [each["event"]["state"] for each in events["items"] if each["kind"] == "order"][:1] == ["CREATED"]
    assert sum(each["event"].get("state") == "CREATED" for each in events["items"]) == 1


async def test_an_order_that_was_refused_may_be_put_right_under_the_same_id(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    wrong = new_order(price="0.001")
    for _ in range(2):
        async with http.post(f"{urls[0]}/v1/orders", json=wrong) as answer:
            await assert_problem_of_a_command(answer, 422, "invalid-price", "price")
    assert (await place(http, urls[1], **{**wrong, "price": "0.01"}))["price"] == 0.01


async def test_an_order_is_seen_from_every_worker_with_numbers_for_numbers(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    for number in range(8):
        order = new_order(id=id_in(number), quantity=2, price="0.10", customerId=7)
        await place(http, urls[number % 2], **order)
        for url in urls:
            async with http.get(f"{url}/v1/orders/{order['id']}") as answer:
                text = await answer.text()
            body = json.loads(text)
            assert (body["quantity"], body["price"], body["customerId"]) == (2, 0.1, "7")
            assert '"price":0.10' in text


async def test_any_number_may_wait_on_any_worker_for_an_order_that_is_not_there_yet(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    orders = [new_order(id=id_in(partition)) for partition in range(8)]
    paths = [f"{url}/v1/orders/{order['id']}?timeout=60000" for order in orders for url in urls for _ in range(4)]
    waiting = [asyncio.create_task(get(http, path)) for path in paths]
    await asyncio.wait(waiting, timeout=0.5)
    assert not any(call.done() for call in waiting)
    for order in orders:
        await place(http, urls[0], **order)
    for status, body, headers in await asyncio.gather(*waiting):
        assert (status, body["product"]) == (200, "JUMPERS")
        assert headers["Kawka-Served-By"] in {url.removeprefix("http://") for url in urls}


async def test_whoever_waits_for_the_verdict_gets_it_and_its_reasons(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    good, bad = new_order(product, quantity=2), new_order(product, quantity=0)
    waiting = [
        asyncio.create_task(get(http, f"{url}/v1/orders/{order['id']}/validated?timeout=60000"))
        for order in (good, bad)
        for url in urls
    ]
    await place(http, urls[0], **good)
    await place(http, urls[1], **bad)
    answers = await asyncio.gather(*waiting)
    assert [(status, body["state"]) for status, body, _ in answers] == [(200, "VALIDATED")] * 2 + [(200, "FAILED")] * 2
    assert answers[0][1]["reasons"] == []
    assert any("quantity below 1" in reason for reason in answers[2][1]["reasons"])


@pytest.mark.parametrize("path", ["", "/validated"])
async def test_an_order_that_does_not_come_in_time_is_not_there(
    http: aiohttp.ClientSession, urls: tuple[str, str], path: str
) -> None:
    for url in urls:
        for timeout in (0, 1, 100):
            async with http.get(f"{url}/v1/orders/{new_id()}{path}?timeout={timeout}") as answer:
                await assert_problem(answer, 504, "not-there")


async def test_an_order_is_cancelled_until_it_is_final(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    here, there = urls
    order = new_order(product)
    url = f"{there}/v1/orders/{order['id']}"
    async with http.delete(url) as answer:
        await assert_problem_of_a_command(answer, 404, "not-found")
    await place(http, here, **order)
    for _ in range(2):
        status, body, _ = await ask(http, "DELETE", url)
        assert (status, body["state"], body["price"]) == (200, "CANCELLED", 5.0)
    async with http.get(f"{url}/validated?timeout=60000") as answer:
        await assert_problem(answer, 409, "no-verdict")
    async with http.post(f"{url}/ship") as answer:
        await assert_problem_of_a_command(answer, 409, "not-validated")
    failed = new_order(product, quantity=-1)
    await place(http, here, **failed)
    assert (await validated(http, here, failed))["state"] == "FAILED"
    async with http.delete(f"{here}/v1/orders/{failed['id']}") as answer:
        await assert_problem_of_a_command(answer, 409, "final")


async def test_only_a_validated_order_is_shipped_and_the_same_wish_twice_is_one(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    here, there = urls
    order = new_order(product, quantity=4)
    async with http.post(f"{here}/v1/orders/{order['id']}/ship") as answer:
        await assert_problem_of_a_command(answer, 404, "not-found")
    await place(http, here, **order)
    await validated(http, there, order)
    wish = {"Kawka-Command-Id": new_id()}
    for url in (here, there, here):
        status, body, _ = await ask(http, "POST", f"{url}/v1/orders/{order['id']}/ship", headers=wish)
        assert (status, body["state"]) == (200, "SHIPPED")
    for method, path in (("POST", "/ship"), ("DELETE", "")):
        async with http.request(method, f"{here}/v1/orders/{order['id']}{path}") as answer:
            assert answer.status == 409
    assert (await validated(http, here, order))["state"] == "SHIPPED"


async def test_the_products_say_what_is_in_stock_reserved_and_offered(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    here, there = urls
    shipped, held, gone = (new_order(product, quantity=quantity) for quantity in (5, 7, 11))
    for order in (shipped, held, gone):
        await place(http, here, **order)
        assert (await validated(http, there, order))["state"] == "VALIDATED"
    await ask(http, "POST", f"{here}/v1/orders/{shipped['id']}/ship")
    await ask(http, "DELETE", f"{here}/v1/orders/{gone['id']}")
    for url in urls:
        wanted = {"product": product, "stock": 100, "reserved": 7, "shipped": 5, "offered": 88}

        async def counted(url: str = url, wanted: dict[str, Any] = wanted) -> bool:
            status, body, _ = await get(http, f"{url}/v1/products")
            if status != 200:
                return False
            assert body["cursor"] is None
            return wanted in body["items"]

        await eventually(counted, what="the warehouse's count")


async def test_a_customers_orders_are_found_over_all_partitions_page_by_page(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    buyer = new_id()
    orders = sorted(
        (new_order(id=id_in(partition), customerId=buyer, price=n) for n, partition in enumerate(range(8))),
        key=lambda order: str(order["id"]),
    )
    for order in orders:
        await place(http, urls[0], **order)
    await place(http, urls[0], **new_order(product=f'"customerId":"{buyer}"'))
    for url in urls:
        found, cursor = [], ""
        while True:
            status, body, _ = await get(http, f"{url}/v1/customers/{buyer}/orders?limit=3{cursor}")
            assert status == 200
            found += body["items"]
            if body["cursor"] is None:
                break
            cursor = f"&cursor={body['cursor']}"
        assert [(each["id"], each["price"]) for each in found] == [(each["id"], each["price"]) for each in orders]
    assert (await get(http, f"{urls[0]}/v1/customers/nobody/orders"))[1] == {"items": [], "cursor": None}


async def test_a_payment_is_taken_in_and_goes_with_its_order(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    order = new_order(product)
    payment = {"id": new_id(), "orderId": order["id"], "ccy": "EUR", "amount": "5.00"}
    for url in urls:
        status, body, _ = await ask(http, "POST", f"{url}/v1/payments", json=payment)
        assert (status, body) == (201, {**payment, "amount": 5})
    await place(http, urls[0], **order)

    async def paid() -> Any:
        status, body, _ = await get(http, f"{urls[0]}/api/orders/{order['id']}/events")
        return status == 200 and [each["event"] for each in body["items"] if each["kind"] == "payment"]

    assert await eventually(paid, what="the payment in the order's history") == [{**payment, "amount": "5"}]


async def test_as_many_may_wait_as_there_are_seats_and_the_seat_of_one_who_left_is_free(
    http: aiohttp.ClientSession, urls: tuple[str, str]
) -> None:
    few = urls[1]
    ids = [id_in(number % 8) for number in range(FEW_POLLS)]
    waiting = [asyncio.create_task(get(http, f"{few}/v1/orders/{each}?timeout=60000")) for each in ids]

    await eventually(partial(polls, http, few, FEW_POLLS), what="the last seat taken")
    async with http.get(f"{few}/v1/orders/{new_id()}?timeout=1") as answer:
        await assert_problem(answer, 503, "too-many-waiting")
        assert int(answer.headers["Retry-After"]) > 0
    async with http.get(f"{few}/v1/orders/{new_id()}?timeout=0") as answer:
        await assert_problem(answer, 504, "not-there")  # who does not wait needs no seat
    async with http.get(f"{urls[0]}/v1/orders/{new_id()}?timeout=1") as answer:
        assert answer.status == 504
    for call in waiting:
        call.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    for url in urls:
        await eventually(partial(polls, http, url, 0), what="nobody waiting")
    async with http.get(f"{few}/v1/orders/{new_id()}?timeout=1") as answer:
        await assert_problem(answer, 504, "not-there")


async def polls(http: aiohttp.ClientSession, url: str, number: int) -> bool:
    """Whether so many wait on this worker: a look that takes no seat itself, so that no other is refused for it."""
    async with http.get(f"{url}/metrics") as answer:
        return f"kawka_long_polls {number}.0\n" in await answer.text()


async def assert_problem_of_a_command(
    answer: aiohttp.ClientResponse, status: int, code: str, field: str | None = None
) -> None:
    body = await assert_problem(answer, status, code, field)
    assert body["commandId"]


# --- what the page lives from


async def test_the_latest_orders_come_with_their_checks(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    order = new_order(product)
    await place(http, urls[0], **order)
    await validated(http, urls[0], order)
    for url in urls:
        _, body, _ = await get(http, f"{url}/api/orders")
        assert body["required"] == ["INVENTORY_CHECK", "FRAUD_CHECK", "ORDER_DETAILS_CHECK"]
        mine = next(each for each in body["items"] if each["order"]["id"] == order["id"])
        assert mine["order"]["state"] == "VALIDATED"
        assert {each["checkType"]: each["validationResult"] for each in mine["checks"]} == dict.fromkeys(
            body["required"], "PASS"
        )
        status, one, headers = await get(http, f"{url}/api/orders/{order['id']}")
        assert (status, one["order"]["id"], one["version"]) == (200, order["id"], 2)
        assert headers["Kawka-Position"]


@asynccontextmanager
async def left_open(cluster: Cluster, order: dict[str, Any]) -> AsyncIterator[None]:
    """Keep a stranger's transaction open where an order is written; it is aborted in the end."""
    stranger = AIOKafkaProducer(bootstrap_servers=cluster.broker, transactional_id=new_id())
    await stranger.start()
    try:
        await stranger.begin_transaction()
        place_of = {"key": order["id"].encode(), "partition": partition(order["id"])}
        await stranger.send_and_wait(cluster.topic(topics.orders), b"{}", **place_of)
        yield
        await stranger.abort_transaction()
    finally:
        await stranger.stop()


async def test_what_is_read_from_the_log_has_all_that_was_committed_before_whatever_is_open_there(
    http: aiohttp.ClientSession, shop: Cluster, urls: tuple[str, str], product: str
) -> None:
    for _ in range(5):
        order = new_order(product)
        async with left_open(shop, order):
            await place(http, urls[0], **order)
            began = time.monotonic()
            paths = ("/api/orders", f"/api/orders/{order['id']}/events")
            reading = [asyncio.create_task(get(http, url + path)) for path in paths for url in urls]
            await asyncio.wait(reading, timeout=0.2)
        answers = await asyncio.gather(*reading)
        took = time.monotonic() - began
        placed = re.compile(f"{order['id']}.*(CREATED|VALIDATED)")  # one that began late may see what came next
        if all(any(placed.search(str(each)) for each in body["items"]) for _, body, _ in answers):
            return
        assert took > POLLS * POLL_S, "a reader gave up"  # which it may do only after a stall as long as that
    raise AssertionError(f"five times some reader gave up; the last answers took {took:.1f} s")


async def test_a_transaction_left_open_holds_no_reader_for_long(
    http: aiohttp.ClientSession, shop: Cluster, urls: tuple[str, str], product: str
) -> None:
    order = new_order(product)
    await place(http, urls[0], **order)
    await validated(http, urls[0], order)
    path = f"{urls[1]}/api/orders/{order['id']}/events"
    await get(http, path)
    async with left_open(shop, order):
        status, body, _ = await get(http, path)
    assert (status, body["complete"]) == (200, True)


async def test_an_orders_history_tells_causes_before_effects(
    http: aiohttp.ClientSession, urls: tuple[str, str], product: str
) -> None:
    order = new_order(product)
    await place(http, urls[0], **order)
    await validated(http, urls[0], order)
    await ask(http, "POST", f"{urls[0]}/v1/orders/{order['id']}/ship")
    _, body, _ = await get(http, f"{urls[1]}/api/orders/{order['id']}/events")
    story = [(each["kind"], each["event"].get("type") or each["event"].get("state") or "") for each in body["items"]]
    assert [step for step in story if step[0] != "email"] == [
        ("command", "PlaceOrder"), ("order", "CREATED"), *[("check", "")] * 3, ("order", "VALIDATED"),
        ("command", "ShipOrder"), ("order", "SHIPPED"),
    ]  # fmt: skip
    assert body["complete"] is True
    assert all(each["position"].startswith("shop-") for each in body["items"])
    _, unknown, _ = await get(http, f"{urls[1]}/api/orders/{new_id()}/events?at=1760000000000")
    assert unknown == {"items": [], "complete": False}


async def test_customers_come_with_what_they_ordered_lately(
    http: aiohttp.ClientSession, shop: Cluster, urls: tuple[str, str], product: str
) -> None:
    known, stranger = new_id(), new_id()
    await customer(shop, known, "Grace", "Hopper")
    for buyer in (known, stranger):
        for price in (700, 250.5):
            await place(http, urls[0], **new_order(product, customerId=buyer, price=price))

    async def both() -> Any:
        status, body, _ = await get(http, f"{urls[1]}/api/customers?limit=1000")
        if status != 200:
            return None
        found = {each["customerId"]: each for each in body["items"]}
        ready = all((found.get(buyer, {}).get("session") or {}).get("orders") == 2 for buyer in (known, stranger))
        return (found, body) if ready and found[known]["customer"] else None

    found, body = await eventually(both, what="both customers' totals")
    assert found[known]["customer"]["firstName"] == "Grace"
    assert found[stranger]["customer"] is None
    assert (found[known]["session"]["total"], found[known]["open"], body["limit"]) == ("950.50", True, "2000")


async def test_the_feed_tells_every_check_and_the_latest_state_and_goes_on_where_it_broke_off(
    http: aiohttp.ClientSession, shop: Cluster, urls: tuple[str, str], product: str
) -> None:
    orders, checks = {}, set()

    async def until(watched: Any, order_id: str, state: str) -> None:
        async with asyncio.timeout(20):
            async for kind, data in watched._events():
                if kind == "orders":
                    orders.update({each["id"]: each["state"] for each in data})
                elif kind == "checks":
                    checks.update((each["orderId"], each["checkType"]) for each in data)
                if orders.get(order_id) == state and sum(of == order_id for of, _ in checks) == 3:
                    return

    first, second = new_order(product), new_order(product)
    async with feed(http, urls[0], path="/api/orders/stream") as watched:
        await send(shop, topics.order_validations, (first["id"], ["no check"]))
        await place(http, urls[0], **first)
        await until(watched, first["id"], "VALIDATED")
        resume = watched.last_id
    await place(http, urls[0], **second)
    await validated(http, urls[0], second)
    async with feed(http, urls[1], resume=resume, path="/api/orders/stream") as watched:
        await until(watched, second["id"], "VALIDATED")
