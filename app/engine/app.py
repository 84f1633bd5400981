"""The Faust App of Kawka: Faust's worker, group, agents and web, with the engine's tasks in place of its streams."""

import asyncio
import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import aiokafka
import faust
import msgspec
from aiohttp.web import Application, AppRunner
from faust.types import TP
from yarl import URL

from app import topics
from app.engine.agent import Agent, AgentFunction
from app.engine.appender import Appender
from app.engine.elected import Elected, Work
from app.engine.hanging import Hanging
from app.engine.lease import Lease
from app.engine.lookup import Lookup
from app.engine.metrics import Metrics
from app.engine.owners import Owners
from app.engine.pacing import Pace
from app.engine.producers import BACKOFF_MS, REQUEST_MS, TRANSACTION_MS, Producers
from app.engine.restore import Restorer
from app.engine.sideline import Sideline
from app.engine.states import States
from app.engine.table import Table
from app.engine.tablemanager import TableManager
from app.engine.tasks import Tasks
from app.engine.timers import Idle, timers_table
from app.engine.transport import Consumer, Transport
from app.engine.web import Web, plain_runner
from app.settings import Settings
from app.topics import Topic

log = logging.getLogger(__name__)
STOP_S = 5.0


class App(faust.App):
    """A worker. Agents are declared with `agent`, everything else follows the group's assignment."""

    agents: dict[str, Agent]  # type: ignore[assignment]
    consumer: Consumer
    tables: TableManager

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.url = f"http://{settings.web_host}:{settings.web_port}"
        self.lease = Lease(settings.session_timeout_s)
        self.pace = Pace()
        self.metrics = Metrics()
        self.sideline = Sideline(settings)
        self.lookup = Lookup(self.sideline)
        self.restorer = Restorer(settings, self.sideline)
        self.hanging = Hanging(self.sideline, TRANSACTION_MS)
        self.states = States(self)
        self.tasks = Tasks(self)
        self.owners = Owners(self)
        self.assigned = asyncio.Event()
        self.elections: list[Elected] = []
        self._epochs = itertools.count(1)
        self._appender = Appender(self.new_producer)
        self.producers = Producers(settings, self.new_producer)
        self._web_setups: list[Callable[[Any], None]] = []
        self.web_runner: Callable[[Application], AppRunner] = plain_runner
        services = "-".join(sorted(settings.services))
        super().__init__(
            f"{settings.prefix}-{services}" if services else settings.prefix,
            broker=[URL(f"kafka://{address}") for address in settings.broker.split(",")],
            store="memory://",
            datadir=str(settings.data_dir),
            autodiscover=False,
            topic_partitions=settings.partitions,
            topic_allow_declare=False,
            topic_disable_leader=True,
            broker_session_timeout=settings.session_timeout_s,
            broker_heartbeat_interval=settings.heartbeat_s,
            stream_wait_empty=False,
            table_standby_replicas=0,
            producer_linger=0,
            web_bind=settings.web_host,
            web_host=settings.web_host,
            web_port=settings.web_port,
            canonical_url=self.url,
            web_tables_enabled=False,
            Agent=Agent,
            TableManager=TableManager,
        )

    # --- declaring

    def topic_name(self, topic: Topic) -> str:
        """Give a topic's real name in this cluster."""
        return self.settings.topic_prefix + topic.name

    def agent(  # type: ignore[override]
        self,
        *sources: Topic,
        name: str,
        tables: Iterable[Table] = (),
        outputs: Iterable[Topic] = (),
        results: Topic | None = None,
        timers: bool = False,
        idle: Idle | None = None,
    ) -> Callable[[AgentFunction], Agent]:
        """Declare an agent over co-partitioned `sources`. Its function gets one task's batches: see engine/task.py."""

        def declare(function: AgentFunction) -> Agent:
            clock = (topics.timers(name), timers_table(name)) if timers else None
            channel = self.topic(
                *(self.topic_name(topic) for topic in (*sources, *(clock or ())[:1])),
                key_type=bytes,
                value_type=bytes,
                acks=False,
            )
            parked_table = Table(
                f"{name}-parked",
                topics.changelog(f"{name}-parked"),
                about="Keys that wait behind a dead letter",
                encode=msgspec.json.encode,
                decode=msgspec.json.decode,
                internal=True,
            )
            create = super(App, self).agent(channel, name=name, isolated_partitions=True)
            agent: Agent = create(function)  # type: ignore[assignment, arg-type]
            agent.declare(sources, tables, outputs, results, topics.parked(name), parked_table, clock, idle)
            self.tables.register((*agent.tables, parked_table))
            return agent

        return declare

    def elected(self, name: str, *, by: str) -> Callable[[Work], Work]:
        """Have a coroutine run on one worker at a time: the one that owns partition 0 of the agent `by`."""

        def declare(work: Work) -> Work:
            self.elections.append(Elected(self, name, by, work))
            return work

        return declare

    def web_setup(self, setup: Callable[[Any], None]) -> None:
        """Have `setup(aiohttp application)` called before the web starts."""
        self._web_setups.append(setup)

    def on_webserver_init(self, web: Any) -> None:
        """Faust's hook: add our routes to its web server."""
        for setup in self._web_setups:
            setup(web.web_app)

    def _new_web(self) -> Web:
        return Web(self)

    def own_agents(self) -> list[Agent]:
        """Give the agents that run here."""
        return list(self.agents.values())

    # --- Kafka

    def new_producer(self, transactional_id: str | None = None) -> aiokafka.AIOKafkaProducer:
        """Make a producer, not started. Idempotent; transactional with an id."""
        return aiokafka.AIOKafkaProducer(
            **self.settings.kafka(),
            client_id=transactional_id or f"{self.settings.prefix}-append",
            transactional_id=transactional_id,
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_batch_size=1_000_000,
            max_request_size=8 << 20,
            transaction_timeout_ms=TRANSACTION_MS,
            request_timeout_ms=REQUEST_MS,
            retry_backoff_ms=BACKOFF_MS,  # the coordinator says "concurrent transactions" for some ms after each
        )

    async def append(
        self, topic: Topic, key: bytes, value: bytes, partition: int, headers: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        """Append a record outside any transaction, and wait until Kafka has it; see Appender."""
        await self._appender.append(topic, self.topic_name(topic), key, value, partition, headers)

    def next_epoch(self) -> int:
        """Give a number above all before: what was fetched for a lower one is void for who asked."""
        return next(self._epochs)

    # --- life

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    async def on_start(self) -> None:
        """Start what tasks need before the group can assign any."""
        await super().on_start()
        self.sideline.start()
        for election in self.elections:
            self.add_future(election.run())

    async def _on_partitions_revoked(self, revoked: set[TP]) -> None:
        self.assigned.clear()
        await self.tasks.revoked()
        await self.on_partitions_revoked.send(revoked)

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._update_assignment(assigned)
        await self.tasks.assigned(assigned)
        self.states.close_unclaimed()
        self.assigned.set()
        self.rebalancing = False
        self.flow_control.resume()
        self.consumer.resume_flow()
        await self._fetcher.maybe_start()
        await self.on_partitions_assigned.send(assigned)

    async def _stop_consumer(self) -> None:
        """Let go of everything before leaving the group, so that the next owner need not wait.

        What hangs (a broker that is gone, a stuck handler) is not waited for: the state bears a kill at any moment.
        """
        deadline = threading.Timer(STOP_S, os._exit, (1,))
        deadline.daemon = True
        deadline.start()
        await self.tasks.revoked()
        self.states.close_unclaimed()
        if self._consumer is not None:
            self._consumer.stop_flow()
            await self._stop_fetcher()
        await self._appender.stop()
        await self.sideline.stop()
