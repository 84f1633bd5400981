"""Calls that wait: so many a worker, and none for a caller who is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp.web import Request
from prometheus_client import Gauge

from app.engine.app import App
from views.callers import Caller
from views.problems import Problem
from views.server import Connection

RETRY_S = 1


class Polls:
    """The long polls of this worker's own callers. Those that other workers pass on are bounded where they came in."""

    def __init__(self, app: App) -> None:
        self._most = app.settings.long_polls
        self._open = 0
        gauge = Gauge("kawka_long_polls", "Calls that wait for an order", registry=app.metrics.registry)
        gauge.set_function(lambda: self._open)

    @contextmanager
    def seat(self, request: Request, asked: Caller) -> Iterator[None]:
        """Wait in here. Raises Problem 503 when as many wait as may, CancelledError when the caller leaves."""
        counted = asked.waits and not asked.hop
        if counted and self._open >= self._most:
            detail = f"{self._open} calls wait on this worker, and that is its limit: ask another, or again."
            raise Problem("too-many-waiting", detail, headers={"Retry-After": str(RETRY_S)})
        self._open += counted
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.waiting = asyncio.current_task()
        try:
            yield
        finally:
            connection.waiting = None
            self._open -= counted
