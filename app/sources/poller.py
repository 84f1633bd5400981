"""Follows a table into its topic: new rows by timestamp, changes that came late, deletes by comparing all keys."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from app.settings import Settings
from app.sources.metrics import SourceMetrics, metrics_of
from app.sources.table import Row, TableSource
from app.sources.writer import Writer

if TYPE_CHECKING:
    from app.engine.app import App

log = logging.getLogger(__name__)
AT_ONCE = 1000  # rows in one transaction of Kafka's
CONNECT_S = 5.0
ANSWER_S = 30.0  # longest silence of a connected database
RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)
Unreachable = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)  # of the errors that it answers
DatabaseError = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Poller:
    """One source on the worker that is elected for it. Errors of Kafka are raised, those of the database waited out."""

    def __init__(self, app: "App", source: TableSource, metrics: SourceMetrics) -> None:
        self._source = source
        self._settings = app.settings
        self._metrics = metrics
        self._writer = Writer(app, source, metrics)
        self._compared: float | None = None  # time of the loop; None: not since we lead
        self._complaint = ""

    async def run(self) -> None:
        """Poll until cancelled."""
        self._metrics.polled(self._source.name)
        try:
            await self._writer.open()
            log.info("%s: %d rows are published", self._source.name, len(self._writer.published))
            await self._poll_for_ever()
        finally:
            self._metrics.ended(self._source.name)
            await self._writer.close()

    async def _poll_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                async with self._connected() as connection:
                    while True:
                        await self._poll(connection)
                        failures = 0
                        self._well()
                        await asyncio.sleep(self._settings.source_poll_s)
            except DatabaseError as error:
                self._metrics.errors.labels(self._source.name).inc()
                self._complain(error)
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
            failures += 1

    async def _poll(self, connection: asyncpg.Connection) -> None:
        """Publish what changed: by timestamp each time, by comparing everything now and then, and first of all."""
        now = asyncio.get_running_loop().time()
        published = self._writer.published
        if self._compared is None or now - self._compared >= self._settings.source_compare_s:
            await self._compare(connection)
            self._compared = now
        else:
            overlap = int(self._settings.source_overlap_s * 1_000_000)
            await self._publish(connection, self._source.newer, published.newest, overlap)
        self._metrics.polled(self._source.name)

    async def _compare(self, connection: asyncpg.Connection) -> None:
        """Find deleted rows, and rows of any age that a poll did not see: committed very late, or set back in time."""
        published = self._writer.published
        changed, gone = list[str](), published.keys()
        async for keys in _pages(connection, self._source.everything):
            for key, micros in keys:
                gone.discard(key.encode())
                if micros is not None and not published.has_time(key.encode(), micros):
                    changed.append(key)
        if changed:
            await self._publish(connection, self._source.chosen, changed)
        for start in range(0, len(gone), AT_ONCE):
            await self._writer.deleted(sorted(gone)[start : start + AT_ONCE])

    async def _publish(self, connection: asyncpg.Connection, query: str, *arguments: object) -> None:
        async for page in _pages(connection, query, *arguments):
            await self._writer.rows([Row(key.encode(), micros, raw) for key, micros, raw in page])

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            self._settings.postgres_url,
            timeout=CONNECT_S,
            command_timeout=ANSWER_S,
            server_settings={"application_name": f"kawka {self._source.name}", "timezone": "UTC"},
        )
        try:
            yield connection
        finally:
            connection.terminate()  # at once, also when the server is frozen: there is nothing to say goodbye to

    def _complain(self, error: Exception) -> None:
        """Warn once for each cause; being away is one cause, whatever the attempts end with."""
        reason = str(error) or ("no answer in time" if isinstance(error, TimeoutError) else repr(error))
        answered = isinstance(error, asyncpg.PostgresError) and not isinstance(error, Unreachable)
        complaint = reason if answered else "away"
        if complaint != self._complaint:
            where = (self._settings.postgres_url or "").rpartition("@")[2]  # without the password
            log.warning("%s: the database at %s cannot be read (%s); trying again", self._source.name, where, reason)
        self._complaint = complaint

    def _well(self) -> None:
        if self._complaint:
            log.warning("%s: the database is back", self._source.name)
        self._complaint = ""


async def _pages(connection: asyncpg.Connection, query: str, *arguments: object) -> AsyncIterator[list[asyncpg.Record]]:
    """Give the rows of a query, some at a time. After an error the connection is of no use any more."""
    transaction = connection.transaction(readonly=True)
    await transaction.start()  # not as a context: leaving that on an error would wait for a server that is silent
    cursor = await connection.cursor(query, *arguments)
    while page := await cursor.fetch(AT_ONCE):
        yield page
    await transaction.commit()


def follow(app: "App", source: TableSource, *, by: str) -> None:
    """Have a table followed by the worker that owns partition 0 of agent `by`; by none if the settings say so."""
    if reason := _why_not(app.settings):

        async def unused() -> None:
            log.info("%s: table %s is not followed, since %s", source.name, source.table, reason)

        app.task(unused)
        return
    metrics = metrics_of(app.metrics.registry)

    @app.elected(source.name, by=by)
    async def poll() -> None:
        await Poller(app, source, metrics).run()


def _why_not(settings: Settings) -> str | None:
    if settings.postgres_url is None:
        return "KAWKA_POSTGRES_URL is not set"
    return "KAWKA_SOURCE=connect leaves it to Kafka Connect" if settings.source == "connect" else None
