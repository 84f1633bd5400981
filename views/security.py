"""Who may call: the token, and pages of no other site."""

import base64
import hmac
import ipaddress
from typing import Final
from urllib.parse import urlsplit

from aiohttp.web import Request

from app.settings import Settings
from views.problems import Problem

OPEN: Final = ("/health/", "/static/", "/favicon.ico")
"""What needs no token: it tells nothing."""


class Gatekeeper:
    """Refuses foreign hosts, foreign origins and, when there is a token, those without it.

    On loopback nothing but the Host header keeps a page of another site, whose name was bound to 127.0.0.1 (DNS
    rebinding), from calling. Elsewhere the token does: a worker there may have names that it does not know.
    """

    def __init__(self, settings: Settings) -> None:
        self._loopback = settings.loopback
        self._token = settings.api_token.encode() if settings.api_token else None
        self._own = {settings.web_host, "localhost"}
        self._known_hosts: set[str] = set()

    def check(self, request: Request) -> None:
        """Raise Problem 421, 403 or 401 when the request is none of ours."""
        headers = request.headers
        host = headers.get("Host", "")
        if host not in self._known_hosts:
            self._check_host(host)
        origin = headers.get("Origin")
        if origin is not None and origin.lower() != f"{request.scheme}://{host}".lower():
            raise Problem("foreign-origin", "Only pages of this worker may call it.")
        if self._token is not None and not request.path.startswith(OPEN):
            self._check_token(headers.get("Authorization", ""))

    def _check_host(self, host: str) -> None:
        name = _name(host)
        if not name or (self._loopback and name not in self._own and not _is_loopback(name)):
            raise Problem("foreign-host", "Call this worker by the host name or address that it is bound to.")
        if len(self._known_hosts) < 100:  # anybody can make up names
            self._known_hosts.add(host)

    def _check_token(self, authorization: str) -> None:
        scheme, _, credentials = authorization.partition(" ")
        given = credentials.strip().encode()
        if scheme.lower() == "basic":  # how a browser asks a person: any user name, the token as password
            given = _password(given)
        elif scheme.lower() != "bearer":
            given = b""
        assert self._token is not None
        if not hmac.compare_digest(given, self._token):
            raise Problem(
                "unauthorized",
                "Send the header `Authorization: Bearer <token>`.",
                headers={"WWW-Authenticate": 'Bearer realm="kawka", Basic realm="kawka", charset="UTF-8"'},
            )


def _name(host: str) -> str:
    """Give the name in a Host header, empty when it is none."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises when it is no port
    except ValueError:
        return ""
    return "" if parts.netloc != host or "@" in host else parts.hostname or ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _password(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except ValueError:
        return b""
