"""The states a worker has open: they outlive the tasks, so that a partition taken again is not restored again."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.state import State

if TYPE_CHECKING:
    from app.engine.agent import Agent
    from app.engine.app import App


class States:
    """One State a task of this worker, kept between a revocation and the next assignment."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._states: dict[tuple[str, int], State] = {}
        self._claimed: set[tuple[str, int]] = set()

    def claim(self, agent: "Agent", partition: int) -> State:
        """Give the state of a task, opened if it is not."""
        slot = (agent.name, partition)
        self._claimed.add(slot)
        if slot not in self._states:
            app = self._app
            results = app.topic_name(agent.results) if agent.results else None
            path = Path(app.settings.data_dir) / "state" / f"{app.settings.prefix}.{agent.name}-{partition}"
            self._states[slot] = State(
                app.settings, path, agent.tables, agent.parked_table, results, app.settings.topic_prefix
            )
        return self._states[slot]

    def release(self, agent: "Agent", partition: int) -> None:
        """Note that the task is gone; its state stays open until it is clear that it does not come back."""
        self._claimed.discard((agent.name, partition))

    def close_unclaimed(self) -> None:
        """Close what now belongs to others."""
        for slot in self._states.keys() - self._claimed:
            self._states.pop(slot).close()
