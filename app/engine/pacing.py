"""When to commit: at once when idle, in fewer and larger transactions under load."""

import asyncio
import time

LEAST_GAP_S = 0.004  # two transactions of one id back to back cost 25 ms, 3 ms apart they cost 3 (measured)
MOST_GAP_S = 0.03
GAP_SHARE = 0.4  # of the time a commit takes; more lowers p99 and raises p50 (measured at 500 commands/s)
SMOOTHING = 0.1  # of each commit's time in the average
YIELD_S = 0.0015
SHORT = 100  # records that need not queue behind a long batch


class Pace:
    """How long commits take just now, and so how far apart a task's transactions should be; one for all tasks.

    Where commits take long, Kafka or the machine is busy: more of them would only wait for each other, while commands
    that gather in a pause share one.
    """

    def __init__(self) -> None:
        self._lane = asyncio.Lock()
        self._commit_s = LEAST_GAP_S

    def committed(self, seconds: float) -> None:
        """Take note of a commit: the time from its last record handled to Kafka's answer."""
        self._commit_s += SMOOTHING * (seconds - self._commit_s)

    def gap_s(self) -> float:
        """Give the least time between the end of a task's transaction and its next."""
        return min(MOST_GAP_S, max(LEAST_GAP_S, GAP_SHARE * self._commit_s))

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
