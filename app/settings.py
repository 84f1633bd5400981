"""Every setting, once: typed, with its default and its meaning, read from the environment (prefix KAWKA_)."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from aiokafka.helpers import create_ssl_context
from msgspec import Meta

from app.mqtt_url import MqttUrl
from app.smtp_url import SmtpUrl

ENV_PREFIX = "KAWKA_"
SECRETS = frozenset({"sasl_password", "api_token", "postgres_url", "mqtt_url", "smtp_url"})  # URLs may carry a password

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
Level = Literal["debug", "info", "warning", "error"]
Source = Literal["poll", "connect"]
Transactions = Literal["auto", "1", "2"]
Delivery = Literal["at-least-once", "at-most-once"]
Positive = Meta(ge=1)
ADDRESS = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+").fullmatch  # plain: it becomes part of Message-IDs
SHARE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the person who set it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process of Kawka can be told. Times are in seconds where the name ends with _s."""

    broker: Annotated[str, Meta(description="Kafka's host:port, several separated by commas")] = "127.0.0.1:9092"
    security_protocol: Annotated[Protocol, Meta(description="how to talk to Kafka")] = "PLAINTEXT"
    sasl_mechanism: Annotated[Mechanism, Meta(description="how to log in to Kafka")] = "PLAIN"
    sasl_username: Annotated[str | None, Meta(description="who logs in to Kafka")] = None
    sasl_password: Annotated[str | None, Meta(description="the password of sasl_username")] = None
    ssl_cafile: Annotated[Path | None, Meta(description="certificates that Kafka's is checked against")] = None
    ssl_certfile: Annotated[Path | None, Meta(description="our own certificate, where Kafka asks for one")] = None
    ssl_keyfile: Annotated[Path | None, Meta(description="the key of ssl_certfile")] = None
    partitions: Annotated[int, Positive, Meta(description="partitions of every topic; fixed for a cluster")] = 8
    replication: Annotated[int, Positive, Meta(description="copies of every topic, for new topics")] = 1
    data_dir: Annotated[Path, Meta(description="where this process keeps its state")] = Path(".kawka")
    cache: Annotated[Path, Meta(description="where fetched programs are kept")] = Path("~/.cache/kawka")
    web_host: Annotated[str, Meta(description="address the web binds")] = "127.0.0.1"
    web_port: Annotated[int, Meta(ge=0, le=65535, description="port the web binds")] = 6066
    services: Annotated[tuple[str, ...], Meta(description="services to run, separated by commas; empty: all")] = ()
    api_token: Annotated[str | None, Meta(description="bearer token; needed to bind anything but loopback")] = None
    prefix: Annotated[str, Meta(min_length=1, description="begins group names and transactional ids")] = "kawka"
    topic_prefix: Annotated[str, Meta(description="put before every topic name; for tests and benchmarks")] = ""
    session_timeout_s: Annotated[float, Meta(gt=0, description="silence after which the group gives up on us")] = 6.0
    heartbeat_s: Annotated[float, Meta(gt=0, description="time between two heartbeats")] = 1.0
    join_grace_s: Annotated[float, Meta(gt=0, description="how long an event waits for the row it is joined with")] = (
        5.0
    )
    order_checks: Annotated[tuple[str, ...], Meta(min_length=1, description="checks that an order needs to pass")] = (
        "INVENTORY_CHECK",
        "FRAUD_CHECK",
        "ORDER_DETAILS_CHECK",
    )
    order_checks_s: Annotated[float, Meta(gt=0, description="how long an order waits for its checks")] = 300.0
    payment_wait_s: Annotated[float, Meta(gt=0, description="most time between a validated order and its payment")] = (
        60.0
    )
    window_idle_s: Annotated[float, Meta(gt=0, description="silence after which a partition's time moves on")] = 30.0
    retention_mark_s: Annotated[float, Meta(gt=0, description="time between two marks of what has arrived")] = 3600.0
    idempotency_s: Annotated[int, Positive, Meta(description="how long a command id is remembered")] = 3600
    idempotency_max: Annotated[int, Positive, Meta(description="command ids remembered for a partition")] = 50_000
    transactions: Annotated[
        Transactions, Meta(description="Kafka's transaction protocol: 2 since Kafka 4.0, 1 before; auto: ask Kafka")
    ] = "auto"
    batch_max_records: Annotated[int, Positive, Meta(description="most records in one transaction")] = 6000
    rocksdb_cache_mb: Annotated[int, Positive, Meta(description="RocksDB's block cache of the process, MiB")] = 64
    state_cache_entries: Annotated[int, Positive, Meta(description="decoded states kept in memory")] = 20_000
    postgres_url: Annotated[
        str | None, Meta(description="database: sources read it, SQL views are written to it; none: neither")
    ] = None
    source: Annotated[Source, Meta(description="who brings tables into topics: poll (we), connect (Debezium)")] = "poll"
    source_poll_s: Annotated[float, Meta(gt=0, description="time between two looks of a source for newer rows")] = 1.0
    source_overlap_s: Annotated[float, Meta(ge=0, description="how far back each look goes, for late commits")] = 10.0
    source_compare_s: Annotated[float, Meta(gt=0, description="time between two searches for deleted rows")] = 30.0
    mqtt_url: Annotated[str | None, Meta(description="MQTT broker of the trucks; none: no MQTT")] = None
    mqtt_cafile: Annotated[Path | None, Meta(description="certificates that an mqtts:// broker is checked against")] = (
        None
    )
    mqtt_share: Annotated[str | None, Meta(description="shared subscription in which every worker takes part")] = None
    mqtt_max_ahead: Annotated[int, Positive, Meta(description="seconds that a truck's clock may be ahead")] = 3600
    mqtt_in_flight: Annotated[int, Positive, Meta(description="MQTT messages taken in and not yet in Kafka")] = 2000
    smtp_url: Annotated[str | None, Meta(description="where mails go: smtp://user:password@host:587")] = None
    smtp_cafile: Annotated[Path | None, Meta(description="certificates that the SMTP server's is checked against")] = (
        None
    )
    smtp_connections: Annotated[int, Positive, Meta(description="connections to the SMTP server at a time")] = 4
    smtp_timeout_s: Annotated[float, Meta(gt=0, description="longest silence of the SMTP server")] = 60.0
    mail_from: Annotated[str, Meta(description="address that mails are sent from")] = "orders@kawka.example"
    mail_delivery: Annotated[
        Delivery, Meta(description="at-least-once: a crash may send mails twice; at-most-once: it may lose some")
    ] = "at-least-once"
    mail_in_flight: Annotated[
        int, Positive, Meta(description="mails taken in and not yet sent: so many may a crash double, or lose")
    ] = 64
    mail_give_up_s: Annotated[float, Meta(ge=0, description="how long a mail refused for now is tried")] = 3600.0
    mail_stop_s: Annotated[
        float, Meta(gt=0, description="a mailer that stops, or loses partitions: wait for mails under way, for Kafka")
    ] = 3.0
    long_polls: Annotated[int, Positive, Meta(description="calls that wait for an order at a time, on a worker")] = 2000
    log_level: Annotated[Level, Meta(description="debug, info, warning or error")] = "warning"
    crash_at: Annotated[str, Meta(description="crash point to die at; only for tests")] = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read KAWKA_* of `env`. An unknown name, an ill-typed value or a forbidden combination: SettingsError."""
        values: dict[str, Any] = {}
        types = {field.name: field.type for field in msgspec.structs.fields(cls)}
        for variable in sorted(name for name in env if name.startswith(ENV_PREFIX)):
            name = variable.removeprefix(ENV_PREFIX).lower()
            if name not in types:
                raise SettingsError(_unknown(variable, list(types)))
            values[name] = _value(variable, env[variable], types[name])
        settings = cls(**values)
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse combinations that each are fine alone; SettingsError."""
        if not self.loopback and not self.api_token:
            raise SettingsError(
                f"The web may not bind {self.web_host} without a login: set KAWKA_API_TOKEN, or leave KAWKA_WEB_HOST "
                "at 127.0.0.1."
            )
        if self.heartbeat_s * 2 > self.session_timeout_s:
            raise SettingsError(
                f"KAWKA_HEARTBEAT_S={self.heartbeat_s:g} must be at most half of KAWKA_SESSION_TIMEOUT_S="
                f"{self.session_timeout_s:g}, else one late heartbeat costs the membership."
            )
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise SettingsError(
                f"KAWKA_SECURITY_PROTOCOL={self.security_protocol} needs KAWKA_SASL_USERNAME and KAWKA_SASL_PASSWORD."
            )
        if self.mqtt_url:
            try:
                MqttUrl.parse(self.mqtt_url)
            except ValueError as error:
                raise SettingsError(f"KAWKA_MQTT_URL cannot be used: {error}.") from error
        if self.smtp_url:
            try:
                SmtpUrl.parse(self.smtp_url)
            except ValueError as error:
                raise SettingsError(f"KAWKA_SMTP_URL cannot be used: {error}.") from error
        if not ADDRESS(self.mail_from):
            raise SettingsError(f"KAWKA_MAIL_FROM={self.mail_from!r} must be an address as orders@shop.example.")
        if self.mqtt_share is not None and not SHARE_NAME(self.mqtt_share):
            raise SettingsError(f"KAWKA_MQTT_SHARE={self.mqtt_share!r} must be letters, digits, - and _.")

    @property
    def loopback(self) -> bool:
        """Whether the web can be reached from this machine only."""
        try:
            return ipaddress.ip_address(self.web_host).is_loopback
        except ValueError:
            return self.web_host == "localhost"

    def kafka(self) -> dict[str, Any]:
        """The arguments with which every aiokafka client reaches Kafka. An unreadable certificate: SettingsError."""
        arguments: dict[str, Any] = {"bootstrap_servers": self.broker, "security_protocol": self.security_protocol}
        if self.security_protocol.endswith("SSL"):
            try:
                arguments["ssl_context"] = create_ssl_context(
                    cafile=self.ssl_cafile, certfile=self.ssl_certfile, keyfile=self.ssl_keyfile
                )
            except OSError as error:  # an SSLError is one too
                raise SettingsError(f"The certificate files of KAWKA_SSL_* cannot be used: {error}.") from error
        if self.security_protocol.startswith("SASL"):
            arguments["sasl_mechanism"] = self.sasl_mechanism
            arguments["sasl_plain_username"] = self.sasl_username
            arguments["sasl_plain_password"] = self.sasl_password
        return arguments

    def env(self) -> dict[str, str]:
        """The KAWKA_* variables that make another process's settings equal to these."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            ENV_PREFIX + name.upper(): ",".join(value) if isinstance(value, tuple) else str(value)
            for name, value in values.items()
            if value is not None
        }


def describe(settings: Settings) -> list[dict[str, Any]]:
    """Each setting as {name, value, default, description}, with secrets masked: for people and for `--json`."""
    return [
        {
            "name": ENV_PREFIX + name.upper(),
            "value": "***" if name in SECRETS and value else _plain(value),
            "default": _plain(field.default),
            "description": next(meta.description for meta in field.type.__metadata__ if meta.description),
        }
        for field in msgspec.structs.fields(Settings)
        for name, value in [(field.name, getattr(settings, field.name))]
    ]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _value(variable: str, text: str, kind: Any) -> Any:
    raw: Any = text
    if text == "" and _optional(kind):
        raw = None  # an empty variable unsets, as compose files and Procfiles write it
    elif kind.__origin__ == tuple[str, ...]:
        raw = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(raw, kind, strict=False, dec_hook=lambda target, value: target(value))
    except msgspec.ValidationError as error:
        shown = "***" if variable.removeprefix(ENV_PREFIX).lower() in SECRETS else repr(text)
        raise SettingsError(f"{variable}={shown} cannot be used: {error}.") from error


def _optional(kind: Any) -> bool:
    return type(None) in getattr(kind.__origin__, "__args__", ())


def _unknown(variable: str, names: list[str]) -> str:
    close = difflib.get_close_matches(variable.removeprefix(ENV_PREFIX).lower(), names, n=1)
    hint = f"did you mean {ENV_PREFIX}{close[0].upper()}?" if close else "`kawka settings` lists those there are."
    return f"There is no setting {variable}: {hint}"
