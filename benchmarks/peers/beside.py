"""W1 by ours and by every peer, one after the other on the same Kafka."""

import sys

from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.peers import w1
from benchmarks.peers.field import FIELD
from benchmarks.peers.play import attempt, ground
from benchmarks.w1 import COMMANDS


async def run(options: Options) -> list[Outcome]:
    """Measure all that this machine can run; `python -m benchmarks.peers` does more, and keeps it."""
    count = options.commands or COMMANDS
    outcomes = []
    async with ground(keep=options.keep) as here:
        for one in FIELD:
            if why := one.prepare():
                print(f"{one.system} is skipped: {why}", file=sys.stderr)
            else:
                outcomes.append(await attempt("w1", one, lambda o=one: w1.turn(here, o, count)))
    return outcomes
