"""All of Kawka on this machine: Kafka, workers and simulators, with their state under one directory."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from app import admin
from app.local.errors import LocalError
from app.local.jars import Progress
from app.local.kafka import LocalKafka
from app.local.mail import LocalMail
from app.local.mqtt import LocalMqtt
from app.local.postgres import LocalPostgres
from app.local.process import PidFile, port_in_use
from app.local.supervisor import Child, Say, keep_alive, ready
from app.mqtt_url import MqttUrl
from app.settings import ENV_PREFIX, Settings
from app.smtp_url import SmtpUrl

KAFKA_PORT = 9092
RESTART_AFTER_S = 15.0
DRIVERS = Path(__file__).with_name("drivers.sql")
ORDERS = Path(__file__).with_name("orders.sql")
WITH_DATABASE = {"trucking": DRIVERS, "orders": ORDERS}  # services that read one, and its tables
WITH_MQTT = ("trucking",)
WITH_MAIL = "orders"
Server = LocalKafka | LocalPostgres | LocalMqtt | LocalMail
MARK = ".kawka-data"  # in every directory of ours: nothing else is ever deleted


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What `kawka up` was asked for. `own_...` False: what the settings name is used and none started."""

    workers: int = 2
    simulate: bool = True
    own_kafka: bool = True
    own_postgres: bool = True
    own_mqtt: bool = True
    own_mail: bool = True
    kafka_port: int = KAFKA_PORT
    mqtt_port: int = 0
    restart: bool = True
    fresh: bool = False


class Cluster:
    """The processes of one data directory; `run` starts, watches and stops them."""

    def __init__(self, settings: Settings, plan: Plan, say: Say, progress: Progress | None = None) -> None:
        """`say` gets sentences for the person at the keyboard, `progress` the bytes of a first fetch."""
        self.plan = plan
        self.data_dir = settings.data_dir.absolute()
        self.info = self.data_dir / "up.json"
        self._say = say
        self._pid_file = pid_file(self.data_dir)
        self._kafka: LocalKafka | None = None
        if plan.own_kafka:
            self._kafka = LocalKafka(self.data_dir / "kafka", plan.kafka_port, settings.cache, progress)
            settings = msgspec.structs.replace(settings, broker=self._kafka.broker)
        self.settings = settings
        self._postgres: LocalPostgres | None = None
        scripts = [script for service, script in WITH_DATABASE.items() if self._runs(service)]
        if plan.own_postgres and scripts:
            self._postgres = LocalPostgres(self.data_dir / "postgres", scripts=scripts)
        self._mqtt: LocalMqtt | None = None
        if plan.own_mqtt and any(self._runs(service) for service in WITH_MQTT):
            self._mqtt = self._own_mqtt()
        self.mail: LocalMail | None = None
        if plan.own_mail and self._runs(WITH_MAIL):
            self.mail = LocalMail(self.data_dir / "mail", self.data_dir / "logs" / "mail.log")
        self.mailers: list[Child] = []
        self.workers: list[Child] = []
        self.simulators: list[Child] = []

    async def run(self, up: asyncio.Event, down: asyncio.Event) -> None:
        """Start everything, set `up` when all is ready, watch until `down` is set, stop everything in any case."""
        self._claim()
        work = asyncio.create_task(self._run(up))
        stop = asyncio.create_task(down.wait())
        try:
            await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            stop.cancel()
            work.cancel()
            await asyncio.wait([work, stop])
            await self._stop()
            self._pid_file.remove()
            self.info.unlink(missing_ok=True)

    def describe(self) -> dict[str, Any]:
        """Say where everything is: the line of `kawka up --json`."""
        pids: dict[str, Any] = {"supervisor": os.getpid()}
        if self._kafka and self._kafka.process:  # none while it is started again
            pids["kafka"] = self._kafka.pid
        if self._postgres and self._postgres.process:
            pids["postgres"] = self._postgres.pid
        if self._mqtt:
            pids["mqtt"] = self._mqtt.pid
        if self.mail:
            pids["mail"] = self.mail.pid
        if self.mailers:
            pids["mailer"] = self.mailers[0].pid
        pids["workers"] = [worker.pid for worker in self.workers]
        pids["simulators"] = [simulator.pid for simulator in self.simulators]
        line = {"broker": self.settings.broker, "web": [worker.url for worker in self.workers], "pids": pids}
        if self.settings.mqtt_url:
            line["mqtt"] = MqttUrl.parse(self.settings.mqtt_url).shown
        if self.mailers and self.settings.smtp_url:
            line["smtp"] = SmtpUrl.parse(self.settings.smtp_url).shown
        if self.mail:
            line["mails"] = str(self.mail.directory)
        return line | ({"postgres": self.settings.postgres_url} if self.settings.postgres_url else {})

    async def _run(self, up: asyncio.Event) -> None:
        self._check_ports()
        await self._start_servers()
        await admin.create(self.settings)
        self.workers = [self._worker(number) for number in range(1, self.plan.workers + 1)]
        self.mailers = [self._mailer()] if self._runs(WITH_MAIL) else []
        self.simulators = [self._simulator(*what) for what in self._simulations()]
        self._say(f"Starting {len(self.workers)} workers ..." if len(self.workers) != 1 else "Starting a worker ...")
        for worker in self.workers:
            worker.start()
        token = self.settings.api_token
        await ready(self.workers, {"Authorization": f"Bearer {token}"} if token else {})
        for child in [*self.mailers, *self.simulators]:
            child.start()
        self._write_info()
        up.set()
        pause = RESTART_AFTER_S if self.plan.restart else None
        children = [*self.workers, *self.mailers, *self.simulators]
        watches = [keep_alive(child, self._say, pause, self._write_info) for child in children]
        watches += [self._keep_server(name, server) for name, server in self._servers.items()]
        await asyncio.gather(*watches, asyncio.Event().wait())  # until cancelled

    @property
    def _servers(self) -> dict[str, Server]:
        servers = {
            "Kafka": self._kafka,
            "PostgreSQL": self._postgres,
            "MQTT broker": self._mqtt,
            "mail server": self.mail,
        }
        return {name: server for name, server in servers.items() if server}

    async def _start_servers(self) -> None:
        """Start them side by side; the first that cannot ends the others, and its LocalError is raised."""
        if self._servers:
            self._say(f"Starting {', '.join(self._servers)} ...")
        try:
            async with asyncio.TaskGroup() as group:
                for server in self._servers.values():
                    group.create_task(server.start())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if self._postgres:  # only now: its first start chooses the password
            self.settings = msgspec.structs.replace(self.settings, postgres_url=self._postgres.url)
        if self._mqtt:
            self.settings = msgspec.structs.replace(self.settings, mqtt_url=self._mqtt.session_url)
        if self.mail:
            self.settings = msgspec.structs.replace(self.settings, smtp_url=self.mail.url)

    async def _keep_server(self, name: str, server: Server) -> None:
        while True:
            code = await server.exited()
            self._say(f"{name} ended (code {code}); its log is {server.log}.")
            if not self.plan.restart:
                return
            self._say(f"{name} is started again.")  # at once: without it nothing moves
            await server.start()
            self._write_info()

    async def _stop(self) -> None:
        await asyncio.gather(*(simulator.stop() for simulator in self.simulators))
        await asyncio.gather(*(child.stop() for child in [*self.workers, *self.mailers]))
        await asyncio.gather(*(server.stop() for server in self._servers.values()))

    def _claim(self) -> None:
        """Make the directory ours, empty with `fresh`; LocalError when it is another's or cannot be written."""
        self._pid_file.refuse_second()
        try:
            if self.plan.fresh and self.data_dir.exists():
                if any(self.data_dir.iterdir()) and not (self.data_dir / MARK).exists():
                    raise LocalError(f"{self.data_dir} was not made by `kawka up`: --fresh deletes nothing there.")
                shutil.rmtree(self.data_dir)
            self.data_dir.mkdir(parents=True, exist_ok=True)
            (self.data_dir / MARK).touch()
            self._pid_file.write(os.getpid())
        except OSError as error:
            raise LocalError(f"{self.data_dir} cannot hold the data: {error.strerror or error}.") from error

    def _check_ports(self) -> None:
        for number in range(self.plan.workers):
            port = self.settings.web_port + number
            if port_in_use(self.settings.web_host, port):
                raise LocalError(
                    f"Port {port} for worker {number + 1}'s web is in use: stop what listens there, or choose others "
                    "with --web-port."
                )

    def _worker(self, number: int) -> Child:
        port = self.settings.web_port + number - 1
        settings = msgspec.structs.replace(self.settings, web_port=port, data_dir=self.data_dir / f"worker-{number}")
        return self._child(f"worker-{number}", ["worker"], settings, web_url(self.settings.web_host, port))

    def _mailer(self) -> Child:
        mailer = self._child("mailer", ["mailer"], self.settings)
        # It waits for its loop, for mails under way, their dead letters, positions, the group and its producer.
        mailer.stop_timeout_s = 15 + 5 * self.settings.mail_stop_s
        return mailer

    def _simulations(self) -> list[tuple[str, ...]]:
        """Give the arguments of each `kawka simulate` that is wanted."""
        if not self.plan.simulate:
            return []
        wanted = {"invoices": ("invoices",), "trucking": ("trucks", "--wait", "30"), "orders": ("orders",)}
        return [arguments for service, arguments in wanted.items() if self._runs(service)]

    def _simulator(self, what: str, *options: str) -> Child:
        return self._child(f"simulate-{what}", ["simulate", what, *options], self.settings)

    def _own_mqtt(self) -> LocalMqtt:
        if self.settings.mqtt_share:
            raise LocalError(
                "The embedded MQTT broker has no shared subscriptions: name another one with KAWKA_MQTT_URL, or unset "
                "KAWKA_MQTT_SHARE."
            )
        return LocalMqtt(self.data_dir / "logs" / "mqtt.log", self.plan.mqtt_port)

    def _child(self, name: str, arguments: list[str], settings: Settings, url: str | None = None) -> Child:
        env = {key: value for key, value in os.environ.items() if not key.startswith(ENV_PREFIX)} | settings.env()
        return Child(name, arguments, env, self.data_dir / "logs" / f"{name}.log", url)

    def _runs(self, service: str) -> bool:
        return not self.settings.services or service in self.settings.services

    def _write_info(self) -> None:
        scratch = self.info.with_suffix(".tmp")
        scratch.touch(mode=0o600)  # it holds the database's password
        scratch.write_bytes(msgspec.json.encode(self.describe()))
        scratch.replace(self.info)  # read by others at any moment: whole or not at all


def pid_file(data_dir: Path) -> PidFile:
    """Give the file that says which `kawka up` runs with a directory."""
    return PidFile(data_dir.absolute() / "up.pid", "A `kawka up`")


def web_url(host: str, port: int) -> str:
    """Give the URL under which this machine reaches a web bound to `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
