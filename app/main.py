"""The App of a worker process, made once from the environment, and the modules that run on it."""

import asyncio
import gc
import importlib
import logging
import sys

import faust
import uvloop

from app import admin, topics
from app.engine import batches, crash
from app.engine.app import App
from app.engine.janitor import Janitor
from app.settings import Settings

log = logging.getLogger(__name__)

SERVICES: dict[str, tuple[str, ...]] = {
    "invoices": ("agents.invoices",),
    "trucking": (
        "agents.truck_positions",
        "agents.dangerous_drivers",
        "agents.dangerous_windows",
        "agents.mqtt_bridge",
        "agents.driver_source",
    ),
    "orders": (
        "agents.orders",
        "agents.order_details",
        "agents.inventory",
        "agents.fraud",
        "agents.payments",
        "agents.order_payments",
        "agents.enrichment",
        "agents.stock_source",
        "agents.customer_source",
    ),
}
EVERYWHERE: tuple[str, ...] = ("views",)

settings = Settings.from_env()
app = App(settings)


def load() -> App:
    """Import the agents of the chosen services (all when none is chosen) and the views, by their full names."""
    unknown = set(settings.services) - set(SERVICES)
    if unknown:
        raise SystemExit(
            f"KAWKA_SERVICES names what does not exist: {', '.join(sorted(unknown))}; there is {', '.join(SERVICES)}."
        )
    for service in settings.services or SERVICES:
        for module in SERVICES[service]:
            importlib.import_module(module)
    janitor = Janitor(settings, topics.of(settings.services))
    app.elected("retention", by=next(iter(app.agents)))(janitor.work)
    for module in EVERYWHERE:
        importlib.import_module(module)
    return app


def run() -> None:
    """Run a worker until SIGTERM or SIGINT."""
    crash.arm(settings.crash_at)
    load()
    report = asyncio.run(admin.check(settings, topics.of(settings.services)))
    if report.unusable or report.missing:
        missing = f"Missing topics: {', '.join(report.missing)}; `kawka topics create` makes them."
        raise SystemExit(next(iter(report.unusable), missing))
    uvloop.install()
    level = getattr(logging, settings.log_level.upper())
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiokafka").setLevel(max(level, logging.ERROR))  # it warns of every ordinary rebalance
    if batches.compiled is None:
        log.warning("Installed without a C compiler: records cost about a sixth more (docs/decisions/0012).")
    _spare_the_collector()
    worker = faust.Worker(app, loglevel=settings.log_level, override_logging=False, blocking_timeout=None, quiet=True)
    worker.execute_from_commandline()


def _spare_the_collector() -> None:
    """Let the garbage collector pass less often: batches are thousands of short-lived objects, and few are cyclic."""
    gc.collect()
    gc.freeze()  # what is loaded now stays
    gc.set_threshold(50_000, 20, 50)
