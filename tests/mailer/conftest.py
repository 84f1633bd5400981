"""Mails in a topic, a real SMTP server for them, and real mailer processes between the two."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from app import admin, codec, topics
from app.domain.enriched import OrderEmail
from app.settings import Settings
from tests.mailer.server import Server
from tests.oracle import read_topic
from tests.workers import Cluster, eventually

PROGRAM = (sys.executable, "-m", "app.cli", "mailer")
SENT_AT = 1_700_000_000_000


class Mailers(Cluster):
    """Mailers that share a group of their own, and the topics at both ends."""

    def __init__(self, broker: str, directory: Path, name: str, server: Server) -> None:
        env = {"KAWKA_SERVICES": "orders", "KAWKA_SMTP_URL": server.url, "KAWKA_MAIL_STOP_S": "15"}  # an orderly stop
        super().__init__(broker, directory, name, PROGRAM, **env)
        self.server = server

    async def create_topics(self) -> None:
        settings = Settings(broker=self.broker, topic_prefix=f"{self.name}-")
        await admin.create(settings, [topics.order_emails, topics.dead_letters])

    async def put(self, *orders: str, to: str = "ada@shop.example", raw: bytes | None = None) -> None:
        """Write a mail for each order; with `raw`, those bytes."""
        async with AIOKafkaProducer(bootstrap_servers=self.broker, enable_idempotence=True) as producer:
            for order in orders:
                email = OrderEmail(order, to, f"Your order {order}", f"Thank you for {order}.")
                value = codec.encode(email) if raw is None else raw
                topic, headers = self.topic(topics.order_emails), [("position", b"orders-1:5")]
                await producer.send(topic, value, order.encode(), timestamp_ms=SENT_AT, headers=headers)

    async def dead(self, count: int) -> list[Any]:
        """Wait for so many dead letters, and give all there are."""

        async def enough() -> list[Any]:
            found = await read_topic(self.broker, self.topic(topics.dead_letters))
            return found if len(found) >= count else []

        return list(await eventually(enough, 40, f"{count} dead letters"))

    async def taken(self, count: int, within: float = 60) -> None:
        """Wait until the server took so many mails."""

        async def enough() -> bool:
            return len(self.server.mails) >= count

        await eventually(enough, within, f"{count} mails")

    async def committed(self) -> int:
        """Give how many records the group's positions say are done."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await client.start()
        try:
            offsets = await client.list_consumer_group_offsets(f"{self.name}.mailer")
            return sum(position.offset for position in offsets.values() if position.offset > 0)
        except GroupCoordinatorNotAvailableError:  # no group ever was on this Kafka
            return 0
        finally:
            await client.close()

    async def settled_at(self, count: int, within: float = 60) -> None:
        """Wait until so many records are done."""

        async def enough() -> bool:
            return await self.committed() == count

        await eventually(enough, within, f"{count} records done")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as server:
        yield server


@pytest.fixture
async def mailers(broker: str, tmp_path: Path, unique: Callable[[str], str], server: Server) -> AsyncIterator[Mailers]:
    async with Mailers(broker, tmp_path, unique("mailer"), server) as mailers:
        yield mailers
