"""When to commit: at once when idle, in fewer and larger transactions under load."""

import asyncio
import time

GAP_S = 0.004  # two transactions of one id back to back cost 25 ms, 3 ms apart they cost 3 (measured)
LOADED_GAP_S = 0.02
CALM, LOADED = 0.5, 0.9  # cores that this process keeps busy; a transaction costs it 2 ms of CPU, whatever it holds
WINDOW_S = 0.2
YIELD_S = 0.0015
SHORT = 100  # records that need not queue behind a long batch


class Pace:
    """How busy the process is, and so how far apart its transactions should be; one for all tasks."""

    def __init__(self) -> None:
        self._lane = asyncio.Lock()
        self._since, self._used = time.monotonic(), time.process_time()
        self.busy = 0.0

    def committed(self) -> None:
        """Look again from time to time."""
        passed = time.monotonic() - self._since
        if passed >= WINDOW_S:
            used = time.process_time()
            self.busy = (used - self._used) / passed
            self._since, self._used = self._since + passed, used

    def gap_s(self) -> float:
        """Give the least time between the end of a task's transaction and its next."""
        load = min(1.0, max(0.0, (self.busy - CALM) / (LOADED - CALM)))
        return GAP_S + load * (LOADED_GAP_S - GAP_S)

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

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = time.perf_counter() + YIELD_S

    async def maybe_yield(self) -> bool:
        """Let others run if our turn is over; say whether they did."""
        over = time.perf_counter() >= self.until
        if over:
            await self.give()
        return over

    async def give(self) -> None:
        """Let others run."""
        await asyncio.sleep(0)
        self.until = time.perf_counter() + YIELD_S
