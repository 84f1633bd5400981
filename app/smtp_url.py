"""Where an SMTP server is and who we are there, as one URL: smtp[s]://[user[:password]@]host[:port][?starttls=always]."""

import ipaddress
from contextlib import suppress
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 25, "smtps": 465}
STARTTLS = {"starttls=always": True, "starttls=never": False, "": None}


class SmtpUrl(NamedTuple):
    """An SMTP server's address. `tls`: from the first byte; the server's certificate is checked, with the host's name.

    `starttls`: whether to change over to TLS before the first mail; None: where the server offers it.
    """

    host: str
    port: int
    tls: bool = False
    starttls: bool | None = None
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL; user and password are percent-decoded. ValueError with one sentence, without the password.

        A password goes over TLS only, except to this machine or where `starttls=never` asks for it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"it is no URL ({error})") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("it must look like smtp://host:25 or smtps://user:password@host:465")
        if parts.path not in ("", "/") or parts.query not in STARTTLS or parts.fragment:
            raise ValueError("nothing may follow its port but ?starttls=always or ?starttls=never")
        username, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        tls, starttls = parts.scheme == "smtps", STARTTLS[parts.query]
        if tls and starttls:
            raise ValueError("smtps:// is TLS from the first byte: leave out starttls=always")
        if username is not None and starttls is None and not tls and not _loopback(parts.hostname):
            starttls = True
        return cls(parts.hostname, port or PORTS[parts.scheme], tls, starttls, username, password)

    @property
    def shown(self) -> str:
        """The address for people and programs: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls else 'smtp'}://{host}:{self.port}"


def _loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
