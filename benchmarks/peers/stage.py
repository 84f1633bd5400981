"""One contender's part of the Kafka that all share: topics, groups and files of its own, told apart by a prefix."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from app import admin, topics
from app.settings import Settings
from app.topics import Topic
from benchmarks.arena import PARTITIONS


class Stage(NamedTuple):
    """Where one contender plays one turn."""

    broker: str
    prefix: str
    directory: Path
    partitions: int = PARTITIONS
    services: tuple[str, ...] = ("invoices",)

    @property
    def commands(self) -> str:
        """Name the input."""
        return self.topic(topics.invoice_commands)

    @property
    def events(self) -> str:
        """Name where events go."""
        return self.topic(topics.invoice_events)

    @property
    def results(self) -> str:
        """Name where results go."""
        return self.topic(topics.command_results)

    def topic(self, topic: Topic) -> str:
        """Name a topic of ours, as it is called here."""
        return self.prefix + topic.name

    def settings(self, **more: Any) -> Settings:
        """Give our settings for this stage."""
        common: dict[str, Any] = {
            "broker": self.broker,
            "partitions": self.partitions,
            "services": self.services,
            "prefix": self.prefix.rstrip("-"),
            "topic_prefix": self.prefix,
        }
        return Settings(**common | more)

    async def build(self, *more: Topic) -> None:
        """Make the topics."""
        self.directory.mkdir(parents=True, exist_ok=True)
        await admin.create(self.settings(), (*topics.of(self.services), *more))

    def megabytes(self) -> int:
        """Say how much disk the state takes."""
        return round(sum(file.stat().st_size for file in self.directory.rglob("*") if file.is_file()) / 2**20)

    async def clear(self) -> None:
        """Delete all that was here, so that the next one finds the same Kafka."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await client.start()
        try:
            mine = [name for name in await client.list_topics() if self.prefix in name]
            await client.delete_topics(mine)
        finally:
            await client.close()
        shutil.rmtree(self.directory, ignore_errors=True)
