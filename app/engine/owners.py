"""Who owns a key: the same murmur2 over the same bytes as Kafka's partitioner, and the group's own assignment."""

from typing import TYPE_CHECKING, Any

from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from app.engine.agent import Agent
    from app.engine.app import App


class Owners:
    """Where each partition lives, as the group's leader told every member with the last assignment."""

    def __init__(self, app: "App") -> None:
        self._app = app

    def partition(self, key: bytes) -> int:
        """Give the partition of a key (Java's default partitioner)."""
        return int((murmur2(key) & 0x7FFFFFFF) % self._app.settings.partitions)

    def url(self, agent: "Agent", partition: int) -> str | None:
        """Give the base URL of the worker that was assigned the partition, None when nobody was."""
        topic = agent.source_names[0]
        for url, topics in self._placement().items():
            if partition in topics.get(topic, ()):
                return url.rstrip("/")
        return None

    def workers(self) -> list[str]:
        """Give the base URLs of all members, this one included."""
        urls = {url.rstrip("/") for url in self._placement()}
        return sorted(urls | {self._app.url})

    def _placement(self) -> dict[str, dict[str, list[int]]]:
        assignor: Any = self._app.assignor  # Faust's interface does not name what its assignor has
        placement: dict[str, dict[str, list[int]]] = assignor.external_topics_metadata()
        return placement
