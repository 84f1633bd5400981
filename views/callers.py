"""What a caller asks of the way it is answered: how long it waits, how new it must be, whether a worker asks."""

import asyncio
import re
from typing import Final, NamedTuple

from aiohttp.web import Request
from faust.types import TP

from app.domain.decider import valid_id
from app.engine.answers import NotOwnerError
from app.engine.task import Task
from views.problems import Problem, malformed

TIMEOUT_S: Final = 5.0
LONGEST_S: Final = 60.0
HOP: Final = "Kawka-Hop"
"""Between workers: the seconds that the caller's worker waits. A request that has it is never forwarded again."""

PATIENCE_MS: Final = 10_000

_SECONDS: Final = re.compile(r"\d{1,4}(\.\d{1,9})?").fullmatch
_POSITION: Final = re.compile(r"([A-Za-z0-9._-]{1,249})-(\d{1,9}):(\d{1,18})").fullmatch


class Caller(NamedTuple):
    """`deadline` is in the loop's time; `position` is what the answer must include; `hop`: another worker asks.

    `waits`: for what is not so yet; else the answer is about now, and the deadline that of any call.
    """

    deadline: float
    position: dict[TP, int]
    hop: bool
    waits: bool = True

    @property
    def seconds_left(self) -> float:
        """How long the caller still waits, never below 0."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())


def caller(request: Request, timeout_s: float = TIMEOUT_S) -> Caller:
    """Read ?timeout= and the Kawka-Position header. Raises Problem 400."""
    headers = request.headers
    hop = headers.get(HOP)
    if hop is not None or request.query_string:
        timeout_s = _timeout(hop if hop is not None else request.query.get("timeout"), timeout_s)
    wanted = headers.get("Kawka-Position")
    now = asyncio.get_running_loop().time()
    return Caller(now + timeout_s, parse_position(wanted) if wanted else {}, hop is not None)


def patient(request: Request) -> Caller:
    """Read ?timeout= in whole milliseconds, as /v1 has it: 10,000 unless told; 0 asks for now. Raises Problem 400."""
    within_ms = whole_number(request, "timeout", PATIENCE_MS, 0, int(LONGEST_S * 1000))
    hop = request.headers.get(HOP)
    seconds = _timeout(hop, 0) if hop is not None else within_ms / 1000 or TIMEOUT_S
    wanted = request.headers.get("Kawka-Position")
    deadline = asyncio.get_running_loop().time() + seconds
    return Caller(deadline, parse_position(wanted) if wanted else {}, hop is not None, waits=within_ms > 0)


def parse_position(text: str, field: str = "Kawka-Position") -> dict[TP, int]:
    """Read topic-partition:nextOffset[,...]. Raises Problem 400."""
    position: dict[TP, int] = {}
    for part in text.split(","):
        match = _POSITION(part.strip())
        if match is None:
            raise malformed("A position is topic-partition:nextOffset, several separated by commas.", field)
        tp, offset = TP(match[1], int(match[2])), int(match[3])
        position[tp] = max(offset, position.get(tp, 0))
    return position


async def reached(task: Task, asked: Caller) -> None:
    """Wait until the task is as new as the caller asks. Raises NotOwnerError when it is not the owner (any more)."""
    for tp, offset in asked.position.items():
        await task.reached(tp, offset)
    if not task.serving:
        raise NotOwnerError


def not_reached(asked: Caller) -> Problem | None:
    """Give what to say to a caller whose position was not reached in time; None when it asked for none."""
    return Problem("not-reached", "The state is not as new as Kawka-Position asks, yet.") if asked.position else None


def path_id(request: Request) -> str:
    """Give the id in the path. Raises Problem 400 when it cannot be one."""
    text = request.match_info["id"]
    if not valid_id(text):
        raise malformed("An id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -", "id")
    return text


def whole_number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Read a number of the query. Raises Problem 400."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19 and least <= int(text) <= most):
        raise malformed(f"{name} is a whole number from {least} to {most}.", name)
    return int(text)


def flag(request: Request, name: str) -> bool:
    """Read a true or false of the query, false when absent. Raises Problem 400."""
    text = request.query.get(name, "false")
    if text not in {"true", "false"}:
        raise malformed(f"{name} is true or false.", name)
    return text == "true"


def _timeout(text: str | None, default: float) -> float:
    if text is None:
        return default
    seconds = float(text) if _SECONDS(text) else 0.0
    if not 0 < seconds <= LONGEST_S:
        raise malformed(f"timeout is a number of seconds above 0 and up to {LONGEST_S:g}.", "timeout")
    return seconds
