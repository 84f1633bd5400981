"""Whatever a client sends to /v1: a 4xx problem, never a 500, and the worker goes on."""

import io
from typing import Any

import aiohttp
import orjson
import pytest
from yarl import URL

from tests.views.calls import assert_problem, new_id, ready
from tests.views.orders import new_order
from tests.workers import Cluster

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def web(shop: Cluster) -> str:
    return shop.workers[0].url


@pytest.fixture(autouse=True)
async def alive(http: aiohttp.ClientSession, web: str) -> Any:
    """Whatever was sent, the worker answers the next one."""
    yield
    await ready(http, web)


def without(name: str) -> bytes:
    return orjson.dumps({key: value for key, value in new_order().items() if key != name})


BODIES: dict[str, tuple[bytes, str | None]] = {
    "no body": (b"", None),
    "not JSON": (b"hello", None),
    "a list": (b"[]", None),
    "null": (b"null", None),
    "cut off": (orjson.dumps(new_order())[:-1], None),
    "not UTF-8": (b'{"id":"\xff"}', "id"),
    "100,000 open brackets": (b"[" * 100_000, None),
    "100,000 open brackets in a field": (b'{"id":' + b"[" * 100_000, None),
    "no id": (without("id"), "id"),
    "no customer": (without("customerId"), "customerId"),
    "no quantity": (without("quantity"), "quantity"),
    "no price": (without("price"), "price"),
    "an id with blanks": (orjson.dumps(new_order(id="a b")), "id"),
    "an id with a slash": (orjson.dumps(new_order(id="a/b")), "id"),
    "an empty id": (orjson.dumps(new_order(id="")), "id"),
    "an id too long": (orjson.dumps(new_order(id="a" * 65)), "id"),
    "an id that is a list": (orjson.dumps(new_order(id=["a"])), "id"),
    "an id with an exponent": (b'{"id":1e999999}', "id"),
    "a customer that is an object": (orjson.dumps(new_order(customerId={})), "customerId"),
    "a product that is a list": (orjson.dumps(new_order(product=[])), "product"),
    "a quantity with a fraction": (orjson.dumps(new_order(quantity=1.5)), "quantity"),
    "a quantity in words": (orjson.dumps(new_order(quantity="many")), "quantity"),
    "a quantity that is true": (orjson.dumps(new_order(quantity=True)), "quantity"),
    "a price that is NaN": (orjson.dumps(new_order(price="NaN")), "price"),
    "a price without end": (orjson.dumps(new_order(price="1e999999999")), "price"),
    "a price of a thousand digits": (orjson.dumps(new_order(price="9" * 1000)), "price"),
    "a state of its own choice": (orjson.dumps(new_order(state="VALIDATED")), "state"),
    "a state that is a number": (orjson.dumps(new_order(state=1)), "state"),
}


@pytest.mark.parametrize(("body", "field"), BODIES.values(), ids=BODIES)
async def test_a_body_that_is_no_order_is_malformed_and_says_where(
    http: aiohttp.ClientSession, web: str, body: bytes, field: str | None
) -> None:
    async with http.post(f"{web}/v1/orders", data=body, headers=JSON) as answer:
        await assert_problem(answer, 400, "malformed", field)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"quantity": 10**12}, "invalid-quantity", "quantity"), ({"price": 10**9}, "invalid-price", "price"),
        ({"price": "0.001"}, "invalid-price", "price"), ({"product": " "}, "invalid-product", "product"),
        ({"product": "a\u0000b"}, "invalid-product", "product"), ({"product": "x" * 65}, "invalid-product", "product"),
    ],
)  # fmt: skip
async def test_an_order_that_cannot_be_written_down_is_refused_by_its_rules(
    http: aiohttp.ClientSession, web: str, fields: dict[str, Any], code: str, field: str
) -> None:
    async with http.post(f"{web}/v1/orders", json=new_order(**fields)) as answer:
        await assert_problem(answer, 422, code, field)


PAYMENT = {"id": "p1", "orderId": "o1", "ccy": "EUR", "amount": 5}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": None}, "id"), ({"id": "a b"}, "id"), ({"orderId": "/"}, "orderId"), ({"ccy": "euro"}, "ccy"),
        ({"ccy": 5}, "ccy"), ({"ccy": None}, "ccy"), ({"amount": -1}, "amount"), ({"amount": "x"}, "amount"),
        ({"amount": "1.234"}, "amount"), ({"amount": 10**13}, "amount"), ({"amount": []}, "amount"),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_payment_is_malformed_and_says_where(
    http: aiohttp.ClientSession, web: str, fields: dict[str, Any], field: str
) -> None:
    async with http.post(f"{web}/v1/payments", json={**PAYMENT, **fields}) as answer:
        await assert_problem(answer, 400, "malformed", field)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/orders/a%20b", "id"), ("/v1/orders/%00", "id"), ("/v1/orders/x?timeout=x", "timeout"),
        ("/v1/orders/x?timeout=-1", "timeout"), ("/v1/orders/x?timeout=60001", "timeout"),
        ("/v1/orders/x?timeout=1.5", "timeout"), ("/v1/orders/x/validated?timeout=", "timeout"),
        ("/v1/orders/a%2Fb/validated", "id"), ("/v1/customers/a%20b/orders", "id"),
        ("/v1/customers/x/orders?limit=0", "limit"), ("/v1/customers/x/orders?cursor=%25", "cursor"),
        ("/v1/products?limit=1001", "limit"), ("/v1/products?partial=1", "partial"), ("/api/orders?limit=0", "limit"),
        ("/api/orders/%FF", "id"), ("/api/orders/x/events?at=-1", "at"),
        ("/api/orders/x/events?at=9999999999999999", "at"),
        ("/api/customers?limit=x", "limit"),
    ],
)  # fmt: skip
async def test_a_path_or_query_that_is_malformed_says_where(
    http: aiohttp.ClientSession, web: str, path: str, field: str
) -> None:
    async with http.get(URL(web + path, encoded=True)) as answer:
        await assert_problem(answer, 400, "malformed", field)


@pytest.mark.parametrize("command_id", ["a b", "", "a" * 65])
async def test_a_command_id_that_is_none_is_malformed(http: aiohttp.ClientSession, web: str, command_id: str) -> None:
    headers = {"Kawka-Command-Id": command_id}
    async with http.delete(f"{web}/v1/orders/{new_id()}", headers=headers) as answer:
        await assert_problem(answer, 400, "malformed", "Kawka-Command-Id")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/orders/x"), ("GET", "/v1/orders"), ("DELETE", "/v1/orders"), ("GET", "/v1/orders/x/ship"),
     ("POST", "/v1/products"), ("GET", "/v1/payments")],
)  # fmt: skip
async def test_a_method_that_a_path_does_not_take_is_405(
    http: aiohttp.ClientSession, web: str, method: str, path: str
) -> None:
    async with http.request(method, web + path) as answer:
        await assert_problem(answer, 405, "method-not-allowed")


async def test_a_body_over_one_mebibyte_or_of_another_kind_is_refused(http: aiohttp.ClientSession, web: str) -> None:
    big = orjson.dumps(new_order(product="x" * (1 << 20)))
    for path in ("/v1/orders", "/v1/payments"):
        async with http.post(web + path, data=io.BytesIO(big), headers=JSON) as answer:
            await assert_problem(answer, 413, "too-large")
        async with http.post(web + path, data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
            await assert_problem(answer, 415, "unsupported-media-type")
    nearly = orjson.dumps(new_order(product="x" * ((1 << 20) - 300)))
    async with http.post(f"{web}/v1/orders", data=nearly, headers=JSON) as answer:
        assert answer.status in {413, 422}
