"""Faust's web server without Faust's own pages, and with a runner that the views may choose."""

from typing import TYPE_CHECKING, Any

from aiohttp.web import Application, AppRunner
from faust.web.drivers import aiohttp as driver

if TYPE_CHECKING:
    from app.engine.app import App


def plain_runner(application: Application) -> AppRunner:
    """Run the web as Faust does, until the views have said otherwise."""
    return AppRunner(application, access_log=None)


class Web(driver.Web):
    """Serves what was given to `App.web_setup`, and nothing else: Faust's /router and index know nothing of tasks."""

    def __init__(self, app: "App", **options: Any) -> None:
        super().__init__(app, **options)
        self._runner = app.web_runner(self.web_app)

    def _enabled_blueprints(self) -> list[Any]:
        return []
