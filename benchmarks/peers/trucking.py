"""Kafka Streams at W2: the trucks of java/Trucking.java, with the settings that it has in W1."""

from collections.abc import Mapping

from app import topics
from benchmarks.peers.stage import Stage
from benchmarks.peers.streams import Streams, application

# It would delete what it has read from topics of its own; the windows are proved by what it read.
KEPT = {"repartition.purge.interval.ms": str(60 * 60 * 1000)}


class Trucking(Streams):
    """A JVM with two threads. `table`: whether it keeps the last position and the counts of every truck, as ours do."""

    def __init__(
        self, key: str, how: str, *, table: bool, more: Mapping[str, str] | None = None, jvm: tuple[str, ...] = ()
    ) -> None:
        super().__init__(key, how if table else f"{how}, no trucks", more={**KEPT, **(more or {})}, jvm=jvm)
        self._table = table
        self.settings = {**self._properties, "table of trucks": str(table).lower(), "JVM": " ".join(jvm) or "defaults"}

    def program(self, stage: Stage) -> tuple[str, ...]:
        """Give the class to run, its topics, and whether to keep trucks."""
        used = (
            topics.truck_position,
            topics.dangerous_driving,
            topics.trucking_driver,
            topics.dangerous_driving_driver,
            topics.dangerous_driving_windowed,
        )
        return "Trucking", *(stage.topic(one) for one in used), str(self._table).lower()

    def by_type(self, stage: Stage) -> str:
        """Name the topic from which windows are counted."""
        return f"{application(stage)}-type-repartition"

    def trucks(self, stage: Stage) -> str | None:
        """Name the changelog of the trucks, when they are kept."""
        return f"{application(stage)}-trucks-changelog" if self._table else None
