"""Connections to the SMTP server: a few at a time, kept open, opened again for as long as that takes."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponse, SMTPResponseException

from app.settings import Settings, SettingsError
from app.smtp_url import SmtpUrl

log = logging.getLogger(__name__)
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
IDLE_S: Final = 20.0  # servers close what is silent for long; what is older is opened anew


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row, from 1 on: twice as long each time, at most 30."""
    return float(min(FIRST_PAUSE_S * 2 ** min(failures - 1, 10), LONGEST_PAUSE_S))


class Connection(SMTP):
    """One that knows whether the server may have got a mail whose acceptance we did not hear of."""

    unanswered = False
    idle_since = 0.0

    async def data(self, message: str | bytes, /, **options: Any) -> SMTPResponse:
        """Send the mail's content."""
        self.unanswered = True
        try:
            response = await super().data(message, **options)
        except SMTPResponseException:
            self.unanswered = False
            raise
        self.unanswered = False
        return response


class Connections:
    """At most KAWKA_SMTP_CONNECTIONS. While the server is away, one after the other knocks and the rest waits."""

    def __init__(self, settings: Settings) -> None:
        """SettingsError when KAWKA_SMTP_CAFILE cannot be used."""
        assert settings.smtp_url is not None
        self._url = SmtpUrl.parse(settings.smtp_url)
        self._timeout_s = settings.smtp_timeout_s
        try:
            self._tls = ssl.create_default_context(cafile=settings.smtp_cafile)
        except OSError as error:  # an SSLError is one too
            raise SettingsError(f"KAWKA_SMTP_CAFILE cannot be used: {error}.") from error
        self._free = asyncio.Semaphore(settings.smtp_connections)
        self._opening = asyncio.Lock()
        self._idle: list[Connection] = []
        self._name: str | None = None
        self.away = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """Give a connection when there is one; who leaves it in the middle of a mail closes it."""
        async with self._free:
            connection = await self._open()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if connection.is_connected:
                connection.idle_since = asyncio.get_running_loop().time()
                self._idle.append(connection)

    async def close(self) -> None:
        """Say goodbye where that is quick."""
        for connection in self._idle:
            with suppress(SMTPException, OSError, TimeoutError):
                await asyncio.wait_for(connection.quit(), 1)
            connection.close()

    async def _open(self) -> Connection:
        if connection := self._reuse():
            return connection
        async with self._opening:
            failures = 0
            while not (connection := self._reuse()):
                try:
                    connection = await self._connect()
                except (SMTPException, OSError, TimeoutError) as error:
                    failures += 1
                    self._complain(error)
                    await asyncio.sleep(pause(failures))
                else:
                    self._well()
                    return connection
            return connection

    def _reuse(self) -> Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_connected and now - connection.idle_since < IDLE_S:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        url = self._url
        self._name = self._name or await asyncio.to_thread(socket.getfqdn)
        connection = Connection(
            hostname=url.host,
            port=url.port,
            username=url.username,
            password=url.password,
            local_hostname=self._name,
            timeout=self._timeout_s,
            use_tls=url.tls,
            start_tls=False if url.tls else url.starttls,
            tls_context=self._tls,
        )
        try:
            await connection.connect()
            if connection.is_ehlo_or_helo_needed:  # now: its refusal is no mail's fault
                await _greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _complain(self, error: Exception) -> None:
        if not self.away:  # once, until it is well again
            log.warning(
                "The SMTP server %s takes no mails (%s); trying again", self._url.shown, str(error) or repr(error)
            )
        self.away = True

    def _well(self) -> None:
        if self.away:
            log.warning("The SMTP server %s is back", self._url.shown)
        self.away = False


async def _greet(connection: Connection) -> None:
    try:
        await connection.ehlo()
    except SMTPHeloError:
        await connection.helo()
