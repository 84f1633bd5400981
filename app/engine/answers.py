"""Callers that wait for a command, and what it came to."""

import asyncio
from typing import NamedTuple


class Answer(NamedTuple):
    """What became of a command: `kind` decided (result: its command-results record), parked or undecodable (detail)."""

    kind: str
    result: bytes = b""
    detail: str = ""


class NotOwnerError(Exception):
    """This worker does not own the key now; the caller asks whoever does."""


class ReusedError(Exception):
    """The command id was used before with another payload."""


class Waiting:
    """Futures of callers by (key, command id); resolved when the transaction that decides the command is committed."""

    def __init__(self) -> None:
        self._futures: dict[tuple[bytes, str], list[asyncio.Future[Answer]]] = {}

    def __bool__(self) -> bool:
        return bool(self._futures)

    def add(self, key: bytes, command_id: str) -> "asyncio.Future[Answer]":
        """Wait for a command."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        slot = (key, command_id)
        self._futures.setdefault(slot, []).append(future)
        future.add_done_callback(lambda done: self._forget(slot, done))
        return future

    def resolve(self, key: bytes, command_id: str, answer: Answer) -> None:
        """Tell all who wait for a command."""
        for future in self._futures.pop((key, command_id), ()):
            if not future.done():
                future.set_result(answer)

    def parked(self, key: bytes, detail: str) -> None:
        """Tell all who wait for anything of a key that it waits behind a dead letter."""
        for waiting_key, command_id in [slot for slot in self._futures if slot[0] == key]:
            self.resolve(waiting_key, command_id, Answer("parked", detail=detail))

    def lost(self) -> None:
        """Send all callers on to the next owner."""
        futures, self._futures = self._futures, {}
        for future in (future for waiting in futures.values() for future in waiting):
            if not future.done():
                future.set_exception(NotOwnerError())

    def _forget(self, slot: tuple[bytes, str], done: "asyncio.Future[Answer]") -> None:
        left = [future for future in self._futures.get(slot, ()) if future is not done]
        if left:
            self._futures[slot] = left
        else:
            self._futures.pop(slot, None)
