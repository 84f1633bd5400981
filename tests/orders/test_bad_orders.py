"""What should not come, comes: nothing stops, nothing is lost, and other orders go on."""

from app import topics
from tests.orders.shop import T0, Shop, customer, payment, place, row, said, tell
from tests.workers import eventually


async def test_what_cannot_be_read_is_a_dead_letter_and_nothing_else(shop: Shop) -> None:
    product, at = "BELTS", T0
    await shop.send(
        row(product, 10),
        (topics.order_commands, "x-1", b"\xff\x00{", at),
        (topics.order_commands, "x-1", {"type": "EatOrder", "commandId": "1", "originId": "t"}, at),
        (topics.order_commands, "no id", place("x-1")[2], at),
        (topics.order_commands, "x-1", None, at),
        (topics.order_validations, "x-1", b"[]", at),
        (topics.order_validations, "x-1", {"orderId": "x-1", "checkType": "A", "validationResult": "MAYBE"}, at),
        (topics.orders, "x-1", b"{}", at),
        (topics.payments, "p-x", {"id": "p-x"}, at),
        (topics.warehouse_inventory, product, {"product": product, "quantity": "many"}, at),
        (topics.customers, "c-x", {"id": "c-x", "level": "iron"}, at),
        place("x-1", product=product, quantity=3, customerId="gil"),
    )
    await shop.became("x-1", "CREATED", "VALIDATED")
    wanted = {"order-commands": 4, "order-validations": 2, "payments": 1, "warehouse-inventory": 1, "customers": 1}

    async def buried() -> bool:
        found = await shop.dead()
        return all(found[topic] == count for topic, count in wanted.items()) and found["orders"] == 2

    await eventually(buried, what="every one of them among the dead letters; both readers of orders say so")


async def test_checks_of_unknown_orders_and_of_unknown_kinds_change_nothing(shop: Shop) -> None:
    await shop.send(row("SOCKS", 10), said("y-9", "FRAUD_CHECK", "FAIL"), said("y-1", "WEATHER_CHECK", "FAIL"))
    await shop.send(place("y-1", product="SOCKS", customerId="kim"))
    await shop.became("y-1", "CREATED", "VALIDATED")
    await shop.send(said("y-1", "FRAUD_CHECK", "FAIL"), tell("y-1", "CancelOrder"), said("y-1", "FRAUD_CHECK", "FAIL"))
    await shop.became("y-1", "CREATED", "VALIDATED", "CANCELLED")
    assert await shop.values(topics.orders, "y-9") == []


async def test_a_payment_twice_counts_once_whatever_it_says_then(shop: Shop) -> None:
    await shop.send(row("SHOES", 10), customer("lea"), payment("p-2", "z-1"), payment("p-2", "z-2"))
    for order in ("z-1", "z-2"):
        await shop.send(place(order, product="SHOES", customerId="lea"))
        await shop.became(order, "CREATED", "VALIDATED")
    await shop.send(payment("p-3", "z-2"))
    enriched = await shop.count(topics.orders_enriched, 2, "lea")
    assert [one["payment"]["id"] for one in enriched] == ["p-2", "p-3"]
    await shop.send(payment("p-2", "z-1"), payment("p-4", "z-1"), payment("p-5", "z-3"))
    await shop.send(place("z-3", product="SHOES", customerId="lea"))
    enriched = await shop.count(topics.orders_enriched, 3, "lea")
    assert [one["order"]["id"] for one in enriched] == ["z-1", "z-2", "z-3"]


async def test_negative_stock_offers_nothing_and_takes_nothing_back(shop: Shop) -> None:
    order = {"product": "CAPS", "customerId": "max"}
    await shop.send(row("CAPS", 2), place("c-1", **order))
    await shop.became("c-1", "CREATED", "VALIDATED")
    await shop.send(row("CAPS", -5))
    await shop.stocked("CAPS", stock=-5, reserved=2, shipped=0)
    await shop.send(place("c-2", **order))
    _, failed = await shop.became("c-2", "CREATED", "FAILED")
    assert failed["reasons"] == ["INVENTORY_CHECK: 2 CAPS ordered, 0 offered"]
    await shop.send(tell("c-1", "ShipOrder"))
    await shop.stocked("CAPS", stock=-5, reserved=0, shipped=2)


async def test_a_row_of_stock_that_is_deleted_leaves_what_is_reserved(shop: Shop) -> None:
    await shop.send(row("TIES", 2), place("d-1", product="TIES", customerId="ned"))
    await shop.became("d-1", "CREATED", "VALIDATED")
    await shop.send((topics.warehouse_inventory, "TIES", None, T0))
    await shop.stocked("TIES", stock=None, reserved=2, shipped=0)
    await shop.send(tell("d-1", "CancelOrder"))
    await shop.stocked("TIES", stock=None, reserved=0, shipped=0)


async def test_a_customer_deleted_while_an_order_is_open_leaves_an_order_without_one(shop: Shop) -> None:
    await shop.send(row("VESTS", 9), customer("pat"), place("v-1", product="VESTS", customerId="pat"))
    await shop.became("v-1", "CREATED", "VALIDATED")
    await shop.send((topics.customers, "pat", None, T0))

    async def deleted() -> bool:
        return "pat" not in await shop.table(topics.changelog("customers"))

    await eventually(deleted)
    await shop.send(payment("p-7", "v-1"))
    (enriched,) = await shop.count(topics.orders_enriched, 1, "pat")
    assert (enriched["customer"], enriched["payment"]["id"]) == (None, "p-7")


async def test_an_order_that_makes_no_sense_fails_with_all_its_reasons(shop: Shop) -> None:
    order = {"product": None, "quantity": 0, "price": "-1.00", "customerId": "quy"}
    await shop.send(place("b-1", **order))

    async def all_reasons() -> list[str]:
        reasons = (await shop.values(topics.orders, "b-1"))[-1]["reasons"]
        return sorted(reasons) if len(reasons) == 2 else []

    await shop.count(topics.orders, 2, "b-1")
    assert await eventually(all_reasons) == [
        "INVENTORY_CHECK: no product",
        "ORDER_DETAILS_CHECK: quantity below 1, price below 0, no product",
    ]


async def test_other_content_under_a_used_id_is_refused(shop: Shop) -> None:
    await shop.send(row("BAGS", 9), place("r-1", product="BAGS", customerId="ray"))
    await shop.became("r-1", "CREATED", "VALIDATED")
    await shop.send(place("r-1", product="BAGS", customerId="ray", quantity=3, command="other"))
    _, refused = await shop.count(topics.order_results, 2, "r-1")
    assert (refused["ok"], refused["error"]["code"], refused["version"]) == (False, "order-exists", 2)
