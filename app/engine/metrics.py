"""What the engine counts, in Prometheus's terms."""

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram

if TYPE_CHECKING:
    from app.engine.transaction import Transaction


class Metrics:
    """The engine's counters. Cheap: touched once a transaction, not once a record."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records: dict[str, int] = {}  # of each agent, for those who cannot read Prometheus's text
        labels = ("agent", "partition")
        self._records = Counter("kawka_records", "Source records committed", labels, registry=self.registry)
        self._transactions = Counter("kawka_transactions", "Transactions committed", labels, registry=self.registry)
        self._seconds = Histogram(
            "kawka_transaction_seconds",
            "From the first record handled to the commit",
            ("agent",),
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=self.registry,
        )
        self._buried = Counter(
            "kawka_dead_letters", "Records written to dead-letters", ("agent",), registry=self.registry
        )
        self._repeated = Counter(
            "kawka_repeated_commands", "Commands decided before", ("agent",), registry=self.registry
        )

    def counter(self, name: str, about: str) -> Counter:
        """Make a counter of an agent's own, without labels."""
        return Counter(name, about, registry=self.registry)

    def committed(self, agent: str, partition: int, tx: "Transaction") -> None:
        """Count a committed transaction."""
        label = str(partition)
        self.records[agent] = self.records.get(agent, 0) + tx.handled
        self._records.labels(agent, label).inc(tx.handled)
        self._transactions.labels(agent, label).inc()
        self._seconds.labels(agent).observe(tx.seconds)
        if tx.buried:
            self._buried.labels(agent).inc(tx.buried)
        if tx.repeated:
            self._repeated.labels(agent).inc(tx.repeated)
