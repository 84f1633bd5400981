"""/metrics in Prometheus's text: what the engine counts, what this server counts, and how things stand right now."""

from typing import Final

from aiohttp.web import Request, Response, UrlDispatcher
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.engine.app import App

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATES: Final = ("restoring", "ready", "lost")


class HttpMetrics:
    """Requests by route, method and status, and how long they took by route (s)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "kawka_http_requests", "HTTP requests answered", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "kawka_http_request_seconds", "Time to an answer", ("route",), buckets=_BUCKETS, registry=registry
        )
        self._children: dict[tuple[object, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, request: Request, status: int, seconds: float) -> None:
        """Count a request. Its route is the pattern, not the path, so that the number of series is bounded."""
        resource = request.match_info.route.resource
        slot = (resource, request.method, status)
        children = self._children.get(slot)
        if children is None:
            route = "none" if resource is None else resource.canonical
            method = request.method if request.method in {"GET", "HEAD", "POST", "DELETE"} else "other"
            children = (self._requests.labels(route, method, str(status)), self._seconds.labels(route))
            if len(self._children) < 1000:  # a method can be any word
                self._children[slot] = children
        children[0].inc()
        children[1].observe(seconds)


class Metrics:
    """Answers /metrics."""

    def __init__(self, app: App) -> None:
        self._app = app
        registry = app.metrics.registry
        task = ("agent", "partition")
        self._lag = Gauge("kawka_lag", "Records of the sources not yet processed", task, registry=registry)
        self._restored = Gauge("kawka_restored_records", "Records read by the latest restore", task, registry=registry)
        self._left = Gauge(
            "kawka_to_restore_records", "Records the latest restore has to read", task, registry=registry
        )
        self._parked = Gauge("kawka_parked_keys", "Keys that wait behind a dead letter", task, registry=registry)
        self._tasks = Gauge("kawka_tasks", "Tasks of this worker by state", ("agent", "state"), registry=registry)

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/metrics", self.get)

    async def get(self, _: Request) -> Response:
        """Answer with all series of this worker."""
        await self._measure()
        text = generate_latest(self._app.metrics.registry)
        return Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _measure(self) -> None:
        for gauge in (self._lag, self._restored, self._left, self._parked):
            gauge.clear()
        for agent in self._app.own_agents():
            for state in _STATES:
                self._tasks.labels(agent.name, state).set(0)
        ends = await self._app.tasks.ends()
        for task in self._app.tasks:
            labels = (task.agent.name, str(task.partition))
            behind = task.lag(ends)
            if behind is not None:
                self._lag.labels(*labels).set(behind)
            self._restored.labels(*labels).set(task.progress.done)
            self._left.labels(*labels).set(task.progress.total)
            self._parked.labels(*labels).set(len(task.state.parked))
            self._tasks.labels(task.agent.name, task.health).inc()
