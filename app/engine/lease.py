"""Whether the group still counts us in: the only ground on which an owner may answer for its partitions."""

import asyncio
import time


class Lease:
    """Renewed by each heartbeat the coordinator accepted; over when the last one is as old as the session timeout.

    A process that was frozen finds the lease over when it wakes (the monotonic clock went on), before it can answer
    from the past. Written by the consumer's thread, read by the main one: plain assignments only.
    """

    def __init__(self, session_timeout_s: float) -> None:
        self._session_timeout_s = session_timeout_s
        self._renewed_at = float("-inf")
        self._settled_at = float("-inf")
        self.generation = -1

    def joined(self, generation: int) -> None:
        """Note that the group gave us an assignment in `generation`: as good as a heartbeat."""
        self.generation = generation
        self._renewed_at = self._settled_at = time.monotonic()

    def renewed(self, sent: float, generation: int, *, rejoining: bool) -> None:
        """Note a heartbeat sent at `sent` (monotonic s) and accepted. While rejoining we still own what we owned."""
        self._renewed_at = max(self._renewed_at, sent)
        if not rejoining and generation == self.generation:
            self._settled_at = max(self._settled_at, sent)

    @property
    def alive(self) -> bool:
        """Whether nobody else can have been given our partitions yet."""
        return time.monotonic() - self._renewed_at < self._session_timeout_s

    async def settled_since(self, moment: float) -> None:
        """Wait for a heartbeat sent after `moment` and accepted in the generation of our assignment."""
        while self._settled_at <= moment:
            await asyncio.sleep(0.05)
