"""When to commit: at once when idle, in fewer and larger transactions under load."""

import asyncio
import time

GAP_S = 0.004  # two transactions of one id back to back cost 25 ms, 3 ms apart they cost 3 (measured)
LOADED_GAP_S = 0.02
BUSY_PER_S = 150  # transactions a second of one process from where their cost (2 ms of CPU each) matters
YIELD_S = 0.0015
SHORT = 100  # records that need not queue behind a long batch


class Pace:
    """The process's view of how many transactions it runs; one for all tasks."""

    def __init__(self) -> None:
        self._lane = asyncio.Lock()
        self._window_start = time.monotonic()
        self._in_window = 0
        self.per_s = 0.0

    def committed(self) -> None:
        """Count a transaction."""
        self._in_window += 1
        now = time.monotonic()
        passed = now - self._window_start
        if passed >= 0.5:
            self.per_s = self._in_window / passed
            self._window_start, self._in_window = now, 0

    def gap_s(self) -> float:
        """Give the least time between the end of a task's transaction and its next."""
        return LOADED_GAP_S if self.per_s > BUSY_PER_S else GAP_S

    def seat(self) -> "Seat":
        """Give a place in the queue of long batches."""
        return Seat(self._lane)


class Seat:
    """Long batches work one after the other: side by side they hold all memory at once, and then all await commits."""

    __slots__ = ("_lane", "taken")

    def __init__(self, lane: asyncio.Lock) -> None:
        self._lane = lane
        self.taken = False

    async def take(self) -> None:
        """Wait until it is our turn."""
        if not self.taken:
            await self._lane.acquire()
            self.taken = True

    def leave(self) -> None:
        """Let the next one work: at the end, and while we wait for anything."""
        if self.taken:
            self.taken = False
            self._lane.release()


class Turn:
    """Gives way to the event loop every millisecond or two of work, so that the web answers while batches run."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until = time.perf_counter() + YIELD_S

    @property
    def over(self) -> bool:
        """Whether it is time to `give`."""
        return time.perf_counter() >= self._until

    async def maybe_yield(self) -> bool:
        """Let others run if our turn is over; say whether they did."""
        over = self.over
        if over:
            await self.give()
        return over

    async def give(self) -> None:
        """Let others run."""
        await asyncio.sleep(0)
        self._until = time.perf_counter() + YIELD_S
