"""Faust's table manager without Faust's recovery: tables are listed here, restored by their tasks."""

import asyncio
from typing import Any

from faust.tables.manager import TableManager as FaustTableManager
from faust.types import TP

from app.engine.table import Table


class TableManager(FaustTableManager):
    """Lists the tables of the agents. No changelog goes through the group's consumer."""

    def register(self, tables: tuple[Table, ...]) -> None:
        """List an agent's tables."""
        self.data.update({table.name: table for table in tables})

    @property
    def changelog_topics(self) -> set[str]:
        """None that the assignor should hand out."""
        return set()

    async def on_start(self) -> None:
        """Let the subscription begin."""
        self._tables_finalized.set()
        self._tables_registered.set()

    async def on_stop(self) -> None:
        """Nothing: states are closed by the tasks."""

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Nothing to flush."""

    async def on_rebalance(self, *_: Any) -> None:
        """Nothing: each task restores itself."""
        await asyncio.sleep(0)

    def on_rebalance_start(self) -> None:
        """Nothing to hold back."""
