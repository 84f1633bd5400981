"""The peers that are Python: Quix Streams, stock Faust, and the floor."""

import sys

from app.local.errors import LocalError
from app.local.process import free_port
from benchmarks.peers import venv
from benchmarks.peers.contender import Contender, Verdict, process
from benchmarks.peers.pass_through import faults
from benchmarks.peers.stage import Stage
from benchmarks.worker import Worker


class _Apart(Contender):
    """A peer in the virtual environment of the peers."""

    _python = ""

    def prepare(self) -> str | None:
        """Install what it needs."""
        try:
            self._python = venv.python()
        except LocalError as error:
            return str(error)
        return None


class Quix(_Apart):
    """One process of Quix Streams, exactly once."""

    most = 100_000

    def __init__(self, key: str, commit_s: float) -> None:
        self.key = key
        self.system = f"Quix Streams 3.28.1, exactly once, commits every {commit_s:g} s"
        self._commit_s = commit_s
        self.settings = {"processing_guarantee": "exactly-once", "commit_interval": f"{commit_s:g}"}

    def start(self, stage: Stage, number: int) -> Worker:
        """Start it."""
        command = [self._python, "-m", "benchmarks.peers.quix_app"]
        return process(stage, number, command, {"PEER_COMMIT_S": str(self._commit_s)})

    def changelog(self, stage: Stage) -> str:
        """Name the topic of its snapshots."""
        return f"changelog__{stage.prefix}quix--{stage.commands}--default"


class Floor(_Apart):
    """What no stream processor can go below: librdkafka reads the input and writes as many bytes in transactions."""

    key = "floor"
    system = "pass-through by librdkafka, transactions, no state"
    settings = {"commits": "every 0.1 s"}  # noqa: RUF012 -- of a class that is made once

    def start(self, stage: Stage, number: int) -> Worker:
        """Start it."""
        return process(stage, number, [self._python, "-m", "benchmarks.peers.floor_app"])

    async def prove(self, stage: Stage, count: int) -> Verdict:
        """Count what came out: it decides nothing."""
        return await faults(stage, count)


class Faust(Contender):
    """Stock Faust, at least once: its best, and its most."""

    key = "faust"
    system = "stock Faust 0.15.3, at least once"
    most = 30_000
    settings = {"stream_buffer_maxsize": "16384", "broker_commit_every": "10000"}  # noqa: RUF012 -- as above

    def start(self, stage: Stage, number: int) -> Worker:
        """Start it."""
        port = str(free_port())
        command = [sys.executable, "-m", "benchmarks.peers.faust_stock", "worker", "--web-port", port]
        return process(stage, number, command, {"PEER_PORT": port, "PEER_PARTITIONS": str(stage.partitions)})

    def changelog(self, stage: Stage) -> str:
        """Name the topic of its snapshots."""
        return f"{stage.prefix}stock-faust-invoices-changelog"
