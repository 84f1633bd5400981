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
    skipped = {one.key: why for one in FIELD if (why := one.prepare())}
    for key, why in skipped.items():
        print(f"{key} is skipped: {why}", file=sys.stderr)
    contenders = [one for one in FIELD if one.key not in skipped]
    async with ground(keep=options.keep) as here:
        await w1.warm(here, contenders)
        return [await attempt("w1", one, lambda o=one: w1.turn(here, o, count)) for one in contenders]
