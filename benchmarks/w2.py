"""W2 by ours alone: truck positions through all derived topics, in a turn and by the proof that the peers have."""

from benchmarks.options import Options
from benchmarks.outcome import Outcome
from benchmarks.peers import w2
from benchmarks.peers.kawka import Kawka
from benchmarks.peers.play import ground

POSITIONS = 1_000_000


async def run(options: Options) -> list[Outcome]:
    """Warm Kafka up, then let the workers take their turn."""
    ours = Kawka(options.workers or 1)
    async with ground(keep=options.keep) as here:
        await w2.warm(here, [ours])
        found = await w2.turn(here, ours, options.commands or POSITIONS)
    return [found._replace(system="kawka")]
