"""Every topic of the suite, once: name, key, and how long it is kept (contract.md).

All topics have the same number of partitions, so that records of one key meet on one partition number in each of them.
"""

from collections.abc import Iterable

import msgspec

DAY_MS = 24 * 60 * 60 * 1000
MIB = 1024 * 1024


class Topic(msgspec.Struct, frozen=True):
    """A Kafka topic as we want it. `retention_ms` None: kept for ever; `max_bytes`: the largest batch accepted.

    `by_arrival`: the retention counts from when a record came, not from its timestamp, which may be of years ago: Kafka
    would delete such a record unread. engine/janitor.py sees to it.
    """

    name: str
    key: str
    retention_ms: int | None = 7 * DAY_MS
    compact: bool = False
    max_bytes: int = MIB
    by_arrival: bool = False

    def config(self) -> dict[str, str]:
        """Give the topic's settings in Kafka's own names."""
        common = {"max.message.bytes": str(self.max_bytes)}
        if self.compact:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2", **common}
        kept = -1 if self.retention_ms is None or self.by_arrival else self.retention_ms
        return {"cleanup.policy": "delete", "retention.ms": str(kept), **common}


def changelog(table: str) -> Topic:
    """Name the compacted topic behind a table that has no topic of the contract as its changelog."""
    return Topic(f"kawka-{table}-changelog", key="table key", compact=True, max_bytes=4 * MIB)


def parked(agent: str) -> Topic:
    """Name the topic where an agent keeps, in order, the records of keys that wait behind a dead letter."""
    return Topic(
        f"kawka-{agent}-parked", key="source key", retention_ms=30 * DAY_MS, max_bytes=4 * MIB, by_arrival=True
    )


def merges(agent: str) -> Topic:
    """Name the topic that tells how an agent's sources met: the position of all of them after each transaction."""
    return Topic(f"kawka-{agent}-merges", key="none", by_arrival=True)


def timers(agent: str) -> Topic:
    """Name the topic through which the wall clock enters an agent's log: one record for each timer that is due."""
    return Topic(f"kawka-{agent}-timers", key="timer key", retention_ms=DAY_MS)


def repartition(agent: str, name: str) -> Topic:
    """Name a topic that holds an agent's output under another key, for the agent that needs it there."""
    return Topic(f"kawka-{agent}-{name}-repartition", key=name, retention_ms=DAY_MS, by_arrival=True)


invoice_commands = Topic("invoice-commands", key="invoiceId")
invoice_events = Topic("invoice-events", key="invoiceId", retention_ms=None)
command_results = Topic("command-results", key="invoiceId")
invoice_snapshots = Topic("invoice-snapshots", key="invoiceId", compact=True)
dead_letters = Topic("dead-letters", key="source key", retention_ms=30 * DAY_MS, max_bytes=4 * MIB, by_arrival=True)
retention_marks = Topic("kawka-retention-marks", key="time", compact=True)
invoices_parked = parked("invoices")
invoices_parked_changelog = changelog("invoices-parked")

truck_position = Topic("truck_position", key="truckId", by_arrival=True)
dangerous_driving = Topic("dangerous_driving", key="truckId", by_arrival=True)
trucking_driver = Topic("trucking_driver", key="driverId", retention_ms=None, compact=True)
dangerous_driving_driver = Topic("dangerous_driving_driver", key="driverId", by_arrival=True)
dangerous_driving_windowed = Topic("dangerous_driving_windowed", key="eventType", by_arrival=True)
dangerous_by_driver = repartition("truck-positions", "driver")
dangerous_by_type = repartition("truck-positions", "type")
dangerous_late = Topic("kawka-dangerous-windows-late", key="eventType", by_arrival=True)

TRUCKING = (
    truck_position,
    dangerous_driving,
    trucking_driver,
    dangerous_driving_driver,
    dangerous_driving_windowed,
    dangerous_by_driver,
    dangerous_by_type,
    dangerous_late,
    *(of(agent) for of in (timers, merges) for agent in ("dangerous-drivers", "dangerous-windows")),
    *(parked(agent) for agent in ("truck-positions", "dangerous-drivers", "dangerous-windows")),
    *(
        changelog(table)
        for table in (
            "trucks",
            "drivers",
            "driving",
            "events-waiting-for-driver",
            "dangerous-windows",
            "dangerous-drivers-timers",
            "dangerous-windows-timers",
            "truck-positions-parked",
            "dangerous-drivers-parked",
            "dangerous-windows-parked",
        )
    ),
)

order_commands = Topic("order-commands", key="orderId", by_arrival=True)
orders = Topic("orders", key="orderId", retention_ms=None)
order_validations = Topic("order-validations", key="orderId", by_arrival=True)
order_results = Topic("order-results", key="orderId", by_arrival=True)
payments = Topic("payments", key="paymentId", by_arrival=True)
customers = Topic("customers", key="customerId", retention_ms=None, compact=True)
warehouse_inventory = Topic("warehouse-inventory", key="product", retention_ms=None, compact=True)
orders_enriched = Topic("orders-enriched", key="customerId", by_arrival=True)
orders_by_level = {
    level: Topic(f"orders-{level}", key="customerId", by_arrival=True)
    for level in ("bronze", "silver", "gold", "platinum")
}
order_emails = Topic("order-emails", key="orderId", by_arrival=True)
orders_by_product = repartition("order-details", "product")
orders_by_customer = repartition("order-details", "customer")
payments_by_order = repartition("payments", "order")
paid_by_customer = repartition("order-payments", "customer")

ORDERS = (
    order_commands,
    orders,
    order_validations,
    order_results,
    payments,
    customers,
    warehouse_inventory,
    orders_enriched,
    *orders_by_level.values(),
    order_emails,
    orders_by_product,
    orders_by_customer,
    payments_by_order,
    paid_by_customer,
    *(timers(agent) for agent in ("orders", "inventory", "order-payments")),
    *(merges(agent) for agent in ("orders", "inventory", "order-payments", "enrichment")),
    *(changelog(f"{agent}-timers") for agent in ("orders", "inventory", "order-payments")),
    *(
        topic
        for agent in ("orders", "order-details", "inventory", "fraud", "payments", "order-payments", "enrichment")
        for topic in (parked(agent), changelog(f"{agent}-parked"))
    ),
    *(
        changelog(table)
        for table in (
            "orders-state",
            "inventory",
            "reservations",
            "fraud-sessions",
            "payments-seen",
            "orders-awaiting-stock",
            "orders-awaiting-payment",
            "customers",
        )
    ),
)

INVOICES = (
    invoice_commands,
    invoice_events,
    command_results,
    invoice_snapshots,
    invoices_parked,
    invoices_parked_changelog,
)
BY_SERVICE: dict[str, tuple[Topic, ...]] = {"invoices": INVOICES, "trucking": TRUCKING, "orders": ORDERS}
ALL: tuple[Topic, ...] = (
    dead_letters,
    retention_marks,
    *(topic for service in BY_SERVICE.values() for topic in service),
)


def of(services: Iterable[str]) -> tuple[Topic, ...]:
    """Give the topics that some services need; none named means all."""
    chosen = tuple(services)
    return (
        (dead_letters, retention_marks, *(topic for service in chosen for topic in BY_SERVICE[service]))
        if chosen
        else ALL
    )
