"""Callers who wait for a key of a table to change: woken when a transaction that touched it is committed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from app.engine.answers import NotOwnerError
from app.engine.table import Table


class Watchers:
    """Futures by a table's key. Whoever was woken looks at the state, and waits again if it is not what they want."""

    def __init__(self) -> None:
        self._futures: dict[bytes, set[asyncio.Future[None]]] = {}

    def __bool__(self) -> bool:
        return bool(self._futures)

    async def changed(self, table: Table, key: bytes) -> None:
        """Wait for the next commit that touches a key. Raises NotOwnerError when the task is lost meanwhile.

        What is read of the state with no `await` before this call misses no commit. The caller bounds the time.
        """
        full = table.prefix + key
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(full, set()).add(future)
        try:
            await future
        finally:
            left = self._futures.get(full)
            if left is not None:
                left.discard(future)
                if not left:
                    del self._futures[full]

    def wake(self, touched: Mapping[bytes, Any]) -> None:
        """Tell those who wait for a key among these, tables' prefixes included. It looks at the smaller of the two."""
        for full in self._futures.keys() & touched.keys():
            for future in self._futures.pop(full):
                if not future.done():
                    future.set_result(None)

    def lost(self) -> None:
        """Send all on to the next owner."""
        futures, self._futures = self._futures, {}
        for future in (future for waiting in futures.values() for future in waiting):
            if not future.done():
                future.set_exception(NotOwnerError())
