"""What the sources count, in Prometheus's terms."""

import time
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge


class SourceMetrics:
    """The counters of all sources of a worker; one object for each registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter("kawka_source_rows", "Rows published, by what", ("source", "what"), registry=registry)
        self.errors = Counter("kawka_source_errors", "Polls that failed", ("source",), registry=registry)
        self._age = Gauge(
            "kawka_source_poll_age_seconds", "Time since the last poll that succeeded", ("source",), registry=registry
        )

    def polled(self, source: str) -> None:
        """Say that a poll succeeded (or that the polling begins) now."""
        at = time.monotonic()
        self._age.labels(source).set_function(lambda: time.monotonic() - at)

    def ended(self, source: str) -> None:
        """Say that this worker does not poll any more: only the one that does has an age."""
        self._age.remove(source)


@cache
def metrics_of(registry: CollectorRegistry) -> SourceMetrics:
    """Give the registry's one."""
    return SourceMetrics(registry)
