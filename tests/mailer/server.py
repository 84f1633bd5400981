"""A real SMTP server inside the test's own loop, which does what a test tells it to."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from app.local.process import free_port

OK = "250 OK"


class Server:
    """Takes mails. `rcpt` and `data` say what it answers to whom; `delay_s` how long it thinks about each content."""

    def __init__(self, **options: Any) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.delay_s = 0.0
        self.wait: Callable[[], Awaitable[Any]] | None = None  # for what it waits before it answers a content
        self.connections = 0
        self.asked: Counter[str] = Counter()  # RCPT commands by address
        self.most_at_once = 0
        self.rcpt: Callable[[str], str] = lambda _to: OK
        self.data: Callable[[str], str] = lambda _to: OK
        self.mute: set[str] = set()  # for these, the connection ends in place of the first answer to a content
        self._at_once = 0
        self._options = options
        self._server: asyncio.Server | None = None
        self._open: set[SMTP] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        """Give the Message-IDs in the order in which they were taken."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Go away as a crash does: nobody is told."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for one in self._open:
            if one.transport is not None:
                one.transport.abort()
        self._open.clear()
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _protocol(self) -> SMTP:
        self.connections += 1
        loop = asyncio.get_running_loop()
        one = SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=loop, **self._options)
        self._open.add(one)
        return one

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, to: str, _options: Any) -> str:  # noqa: N802
        self.asked[to] += 1
        if (answer := self.rcpt(to)) == OK:
            envelope.rcpt_tos.append(to)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.delay_s)  # the slowness that a test asks for
            if self.wait:
                await self.wait()
        finally:
            self._at_once -= 1
        if (answer := self.data(envelope.rcpt_tos[0])) == OK:
            assert isinstance(envelope.original_content, bytes)
            mail = message_from_bytes(envelope.original_content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        if envelope.rcpt_tos[0] in self.mute:
            self.mute.remove(envelope.rcpt_tos[0])
            server.transport.abort()
        return answer


def login(user: str, password: str) -> dict[str, Any]:
    """Give the options of a server that wants a login, over TLS or not."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return {"authenticator": check, "auth_required": True}


def tls(certificate: str, key: str) -> ssl.SSLContext:
    """Give the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
