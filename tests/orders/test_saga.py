"""Orders through all their services, on real Kafka and a real worker."""

import pytest

from app import topics
from tests.orders.shop import CHECKS, T0, Shop, customer, payment, place, row, said, tell
from tests.workers import eventually

HOUR = 60 * 60_000


async def test_an_order_is_checked_enriched_and_mailed_once(shop: Shop) -> None:
    order = {"product": "HATS", "customerId": "ann"}
    await shop.send(row("HATS", 10), customer("ann"), payment("p-1", "e-1"))
    await shop.send(place("e-1", **order), place("e-1", command="again", **order))
    created, validated = await shop.became("e-1", "CREATED", "VALIDATED")
    assert (validated["quantity"], validated["price"], validated["reasons"]) == (2, "5.00", [])
    assert created["at"] == "2023-11-14T22:13:20.000Z"
    (enriched,) = await shop.count(topics.orders_enriched, 1, "ann")
    assert enriched["order"] == validated
    assert (enriched["customer"]["level"], enriched["payment"]["id"]) == ("gold", "p-1")
    assert await shop.values(topics.orders_by_level["gold"], "ann") == [enriched]
    (mail,) = await shop.values(topics.order_emails, "e-1")
    assert (mail["orderId"], mail["to"]) == ("e-1", "cann@example.com")
    checks = await shop.values(topics.order_validations, "e-1")
    assert sorted(one["checkType"] for one in checks) == sorted(CHECKS)
    results = await shop.count(topics.order_results, 2, "e-1")
    assert [one["ok"] for one in results] == [True, True], "the same order again is fine, and nothing happens"
    assert await shop.stock("HATS") == {"product": "HATS", "stock": 10, "reserved": 2, "shipped": 0}


async def test_stock_is_reserved_released_and_shipped(shop: Shop) -> None:
    order = {"product": "SCARVES", "quantity": 6, "customerId": "bob"}
    await shop.send(row("SCARVES", 10), place("s-1", **order))
    await shop.became("s-1", "CREATED", "VALIDATED")
    await shop.send(place("s-2", **order))
    _, failed = await shop.became("s-2", "CREATED", "FAILED")
    assert failed["reasons"] == ["INVENTORY_CHECK: 6 SCARVES ordered, 4 offered"]
    await shop.send(tell("s-1", "CancelOrder"))
    await shop.stocked("SCARVES", stock=10, reserved=0, shipped=0)
    await shop.send(place("s-3", **order))
    await shop.became("s-3", "CREATED", "VALIDATED")
    await shop.send(tell("s-3", "ShipOrder"), row("SCARVES", 20))
    await shop.stocked("SCARVES", stock=20, reserved=0, shipped=6)


async def test_what_a_customer_orders_within_an_hour_has_a_limit(shop: Shop) -> None:
    await shop.send(row("GLOVES", 10_000))
    order = {"product": "GLOVES", "quantity": 200, "price": "3.50", "customerId": "eve"}
    for number, at in enumerate((0, HOUR, 3 * HOUR)):
        await shop.send(place(f"f-{number}", at=T0 + at, **order))
        await shop.became(f"f-{number}", "CREATED", "VALIDATED")
    await shop.send(place("f-3", at=T0 + 2 * HOUR, **order))  # it bridges the session before and the one after it
    _, failed = await shop.became("f-3", "CREATED", "FAILED")
    assert failed["reasons"] == ["FRAUD_CHECK: 2800.00 ordered in one session, the limit is 2000"]
    activity = (await shop.table(topics.changelog("fraud-sessions")))["eve"]
    assert [(one["total"], one["orders"]) for one in activity["sessions"]] == [("2800.00", 4)]


async def test_an_order_waits_for_a_product_that_is_not_known_yet(shop: Shop) -> None:
    order = {"product": "TAILCOATS", "customerId": "joe"}
    await shop.send(place("w-1", **order))
    await shop.became("w-1", "CREATED")
    await shop.send(place("w-2", at=T0 + 1, **order))

    async def both_wait() -> bool:
        held = await shop.table(topics.changelog("reservations"))
        return [held.get(one, {}).get("state") for one in ("w-1", "w-2")] == ["WAITING", "WAITING"]

    await eventually(both_wait)
    await shop.send(row("TAILCOATS", 3))
    await shop.became("w-1", "CREATED", "VALIDATED")
    await shop.became("w-2", "CREATED", "FAILED")


async def test_an_order_for_a_product_that_nobody_knows_fails(hasty: Shop) -> None:
    await hasty.send(place("n-1", product="TAILCOATS"))
    _, failed = await hasty.became("n-1", "CREATED", "FAILED")
    assert failed["reasons"] == ["INVENTORY_CHECK: the warehouse does not know TAILCOATS"]


async def test_a_fourth_check_can_be_switched_on_and_may_come_first(hasty: Shop) -> None:
    await hasty.send(row("HATS", 10), said("h-1", "COUNTRY_CHECK"), place("h-1", product="HATS"))
    await hasty.became("h-1", "CREATED", "VALIDATED")


async def test_an_order_without_a_payment_goes_on_when_its_time_is_over(hasty: Shop) -> None:
    await hasty.send(row("HATS", 10), payment("p-9", "u-1", at=T0 - 1001))
    await hasty.send(said("u-1", "COUNTRY_CHECK"), place("u-1", product="HATS", customerId="nobody"))
    (enriched,) = await hasty.count(topics.orders_enriched, 1, "nobody")
    assert (enriched["payment"], enriched["customer"]) == (None, None)
    assert await hasty.values(topics.order_emails, "u-1") == [], "nobody knows where to send a mail"


async def test_checks_that_stay_away_fail_an_order_with_no_other_traffic(hasty: Shop) -> None:
    await hasty.send(row("HATS", 10), place("t-1", product="HATS"), said("t-9", "COUNTRY_CHECK"))
    _, failed = await hasty.became("t-1", "CREATED", "FAILED")
    assert failed["reasons"] == ["timed out: no COUNTRY_CHECK"]

    async def forgotten() -> bool:
        return "t-9" not in await hasty.table(topics.changelog("orders-state"))

    await eventually(forgotten, what="that checks of an order that never came are forgotten")


@pytest.mark.long
async def test_a_wait_for_checks_survives_a_killed_worker(mortal: Shop) -> None:
    env = {"KAWKA_ORDER_CHECKS": "COUNTRY_CHECK", "KAWKA_ORDER_CHECKS_S": "10"}
    worker = mortal.cluster.start(**env)
    await mortal.send(place("k-1"))
    await mortal.became("k-1", "CREATED")
    worker.process.kill()
    await worker.gone()
    worker.start(**env)
    await mortal.became("k-1", "CREATED", "FAILED")
