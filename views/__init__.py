"""The web of the suite: one file a resource. Importing this has the worker serve it."""

from collections.abc import Iterator
from typing import Protocol

from aiohttp.web import Application, UrlDispatcher

from app.main import app, settings
from views import v1
from views.customers import Customers
from views.deadletters import DeadLetters
from views.drivers import Drivers
from views.events import INVOICE_FEEDS, Events
from views.forward import Owned, Peers
from views.health import Health
from views.invoices import Invoices
from views.metrics import HttpMetrics, Metrics
from views.order_history import OrderHistory
from views.orders import ORDER_FEEDS, Orders
from views.pages import Pages
from views.polls import Polls
from views.scan import Scans
from views.security import Gatekeeper
from views.server import Runner, guard
from views.tables import Tables
from views.topology import Topology
from views.trucks import TRUCK_FEEDS, Trucks
from views.windows import Windows
from views.workers import Workers


class Resource(Protocol):
    """Something with calls of its own."""

    def routes(self, router: UrlDispatcher) -> None:
        """Add them."""


def resources(peers: Peers) -> Iterator[Resource]:
    """Give everything this worker serves: what every worker has, and what comes with the services it runs."""
    owned, scans = Owned(app, peers), Scans(app, peers)
    yield Health(app)
    yield Metrics(app)
    yield Workers(app, peers)
    yield Topology(app)
    yield scans
    yield Tables(owned, scans)
    yield DeadLetters(owned, scans)
    yield Pages()
    if "invoices" in app.agents:
        yield Invoices(owned, scans, app.agents["invoices"])
        yield Events(app, "/api/events", INVOICE_FEEDS)
    if "truck-positions" in app.agents:
        yield Events(app, "/api/trucks/stream", TRUCK_FEEDS)
        yield Trucks(owned, scans, app.agents["truck-positions"])
        yield Drivers(owned, scans, app.agents["dangerous-drivers"])
        yield Windows(app)
    if "orders" in app.agents:
        agents, polls = app.agents, Polls(app)
        yield Events(app, "/api/orders/stream", ORDER_FEEDS)
        yield Orders(owned, agents["orders"])
        yield OrderHistory(app)
        yield Customers(scans, agents["enrichment"], agents["fraud"])
        yield v1.Orders(owned, agents["orders"], polls)
        yield v1.Payments(app)
        yield v1.Products(scans, agents["inventory"])
        yield v1.CustomerOrders(scans, agents["orders"])


def setup(application: Application) -> None:
    """Put every resource at its place."""
    guard(application, Gatekeeper(settings), HttpMetrics(app.metrics.registry))
    peers = Peers(app)
    served = list(resources(peers))
    for resource in served:
        resource.routes(application.router)

    async def start(_: Application) -> None:
        await peers.start()

    async def stop(_: Application) -> None:
        for resource in served:
            if isinstance(resource, Events):
                await resource.hub.stop()
        await peers.stop()

    application.on_startup.append(start)
    application.on_shutdown.append(stop)


app.web_runner = Runner
app.web_setup(setup)
