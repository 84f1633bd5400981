"""Where an MQTT broker is and who we are there, as one URL: mqtt[s]://[user[:password]@]host[:port][?version=5]."""

from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

PORTS = {"mqtt": 1883, "mqtts": 8883}
VERSIONS = {"version=5": "5", "version=3.1.1": "3.1.1", "": None}


class MqttUrl(NamedTuple):
    """An MQTT broker's address. `tls`: the broker's certificate is checked, with the host's name.

    `version`: of MQTT, "5" or "3.1.1"; None: 5 where the broker speaks it.
    """

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None
    version: str | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL; user and password are percent-decoded. ValueError with one sentence, without the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"it is no URL ({error})") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("it must look like mqtt://host:1883 or mqtts://user:password@host:8883")
        if parts.path not in ("", "/") or parts.query not in VERSIONS or parts.fragment:
            raise ValueError("nothing may follow its port but ?version=5 or ?version=3.1.1")
        username, password = (unquote(text) if text else None for text in (parts.username, parts.password))
        tls, version = parts.scheme == "mqtts", VERSIONS[parts.query]
        return cls(parts.hostname, port or PORTS[parts.scheme], tls, username, password, version)

    @property
    def shown(self) -> str:
        """The address for people and programs: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"
