"""Liveness and readiness, for whatever starts and watches workers."""

from aiohttp.web import Request, Response, UrlDispatcher

from app.engine.app import App
from views.answers import json
from views.problems import not_ready


class Health:
    """/health/live says that the process answers; /health/ready that each of its tasks serves."""

    def __init__(self, app: App) -> None:
        self._app = app

    def routes(self, router: UrlDispatcher) -> None:
        """Add the calls."""
        router.add_get("/health/live", self.live)
        router.add_get("/health/ready", self.ready)

    async def live(self, _: Request) -> Response:
        """Answer."""
        return json({"status": "live"})

    async def ready(self, _: Request) -> Response:
        """Answer 200 when the group gave us an assignment and every task of it serves, else 503."""
        tasks, lease = self._app.tasks, self._app.lease
        waiting = sorted(repr(task) for task in tasks if not task.serving)
        if not tasks.ready or not lease.alive:
            detail = f"Not ready: {', '.join(waiting)}." if waiting else "The group has not assigned anything yet."
            raise not_ready(detail)
        return json({"status": "ready", "tasks": len(list(tasks)), "generation": lease.generation})
