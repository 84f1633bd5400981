"""The web of the suite: one file a resource. Importing this has the worker serve it."""

from aiohttp.web import Application

from app.main import app, settings
from views.forward import Owned, Peers
from views.health import Health
from views.invoices import Invoices
from views.metrics import HttpMetrics, Metrics
from views.pages import Pages
from views.scan import Scans
from views.security import Gatekeeper
from views.server import Runner, guard
from views.tables import Tables
from views.topology import Topology
from views.workers import Workers


def setup(application: Application) -> None:
    """Put every resource at its place."""
    guard(application, Gatekeeper(settings), HttpMetrics(app.metrics.registry))
    peers = Peers(app)
    owned, scans, metrics = Owned(app, peers), Scans(app, peers), Metrics(app)
    router = application.router
    for resource in (
        Health(app),
        Invoices(owned, scans),
        Tables(owned, scans),
        Workers(app, peers),
        Topology(app),
        Pages(),
    ):
        resource.routes(router)
    router.add_get("/metrics", metrics.get)
    router.add_post("/internal/scan", scans.post)

    async def start(_: Application) -> None:
        await peers.start()

    async def stop(_: Application) -> None:
        await peers.stop()

    application.on_startup.append(start)
    application.on_cleanup.append(stop)


app.web_runner = Runner
app.web_setup(setup)
