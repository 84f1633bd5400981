"""/api/windows: how many dangerous events of each type there were lately, window by window."""

from typing import Final

from aiohttp.web import Request, Response, UrlDispatcher

from app import topics
from app.engine.app import App
from views.answers import array, raw_json
from views.callers import whole_number
from views.history import recent, whole

PAGE: Final = 200
MOST: Final = 1000


class Windows:
    """The final windows of dangerous_driving_windowed."""

    def __init__(self, app: App) -> None:
        self._app = app

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/api/windows", self.get)

    async def get(self, request: Request) -> Response:
        """Give {items}: the last windows of the topic, oldest first."""
        limit = whole_number(request, "limit", PAGE, 1, MOST)
        partitions = range(self._app.settings.partitions)
        records = await recent(self._app, request, topics.dangerous_driving_windowed, partitions, limit)
        return raw_json(b'{"items":%b}' % array(record.value for record in list(whole(records))[-limit:]))
