"""What judging a command costs, counted and not timed: the same on a busy machine. `python -m benchmarks.cost`.

A fixed batch goes through the judge, a transaction and its outputs, and RocksDB; only Kafka is left out. Counted are
calls in our code and from it, its bytecodes, memory at the peak, and bytes for Kafka. cost.json has what was accepted;
tests/benchmarks/test_cost.py fails when one has grown by more than a tenth. `--accept "why"` accepts what it is now.
"""

import asyncio
import gc
import math
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import click
import msgspec

from agents.invoices import invoices as agent
from agents.invoices import judge
from app import topics
from app.engine import pacing
from app.engine.batches import Batch
from app.engine.records import Record
from app.engine.state import State
from app.engine.transaction import Transaction
from app.settings import Settings
from benchmarks.workload import commands

COMMANDS = 400
FILE = Path(__file__).with_name("cost.json")
GROWTH = 0.1
OURS = str(Path(__file__).parents[1] / "app")
AT_MS = 1_790_000_000_000


class Accepted(msgspec.Struct):
    """Costs of a command that were accepted: by which Python (bytecodes differ from one to the next), and why."""

    python: str
    costs: dict[str, float]
    note: str


class Kafka:
    """Takes in what would go to Kafka; see app.engine.producers.TaskProducer."""

    def __init__(self) -> None:
        self.bytes = 0

    def send(self, _topic: str, _partition: int, batch: Batch) -> "asyncio.Future[int]":
        """Take a batch."""
        self.bytes += len(batch.build(0, 0, 0))
        offset: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        offset.set_result(0)
        return offset

    async def commit_offsets(self, *_: object) -> None:
        """Do nothing: what these take of a batch does not depend on its size."""

    async def commit(self) -> None:
        """Do nothing, as above."""


class Bench:
    """A task without its clients."""

    def __init__(self, directory: Path) -> None:
        settings = Settings()
        self.kafka = Kafka()
        self.state = State(
            settings, directory, agent.tables, agent.parked_table, topics.command_results.name, settings.topic_prefix
        )
        self._task: Any = SimpleNamespace(
            state=self.state,
            app=SimpleNamespace(pace=pacing.Pace()),
            agent=agent,
            partition=0,
            timers_topic=None,
            waiting=(),
            topic_name=lambda topic: topic.name,
            passes=lambda _point: None,
        )

    async def run(self, name: str) -> None:
        """Judge and commit a batch of invoices of their own."""
        topic = topics.invoice_commands.name
        records = [
            Record(topic, 0, offset, AT_MS, command.key, command.value, ())
            for offset, command in enumerate(commands(COMMANDS, name))
        ]
        tx = Transaction(self._task, self.kafka, {topic: len(records)})  # type: ignore[arg-type]
        await tx.run(records, judge)
        await tx.commit("group")
        if tx.buried:
            raise RuntimeError("the bench does not judge: every command went to the dead letters")


def measure() -> dict[str, float]:
    """Count, a fresh batch for each count."""
    pacing.YIELD_S = math.inf  # how often work gives way would depend on how fast it is
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        asyncio.run(bench.run("warm-up"))  # caches are filled, whatever is made once is made
        before = bench.kafka.bytes
        calls = _calls(lambda: asyncio.run(bench.run("calls")))
        costs = {
            **calls,
            "kafka_bytes": bench.kafka.bytes - before,
            "bytecodes": _bytecodes(lambda: asyncio.run(bench.run("bytecodes"))),
            "peak_bytes": _peak(lambda: asyncio.run(bench.run("peak"))),
        }
        bench.state.close()
    return {name: round(cost / COMMANDS, 1) for name, cost in costs.items()}


def grown(now: Mapping[str, float], accepted: Accepted, python: str) -> list[str]:
    """Say which costs have grown too much, a sentence each."""
    return [
        f"{name}: {cost:g} a command, accepted were {before:g}"
        for name, cost in now.items()
        if (before := accepted.costs.get(name)) is not None
        and cost > before * (1 + GROWTH)
        and (name != "bytecodes" or python == accepted.python)
    ]


def accepted() -> Accepted:
    """Read what was accepted."""
    return msgspec.json.decode(FILE.read_bytes(), type=Accepted)


def python() -> str:
    """Name the Python whose bytecodes these are."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _calls(work: Callable[[], None]) -> dict[str, float]:
    counts = {"python_calls": 0, "c_calls": 0}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.startswith(OURS):
            counts["python_calls" if event == "call" else "c_calls"] += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return dict(counts)


def _bytecodes(work: Callable[[], None]) -> int:
    count = 0

    def step(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "opcode"
        return step

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def _peak(work: Callable[[], None]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@click.command()
@click.option("--accept", default="", metavar="WHY", help="Write what it costs now to cost.json, with this note.")
def main(accept: str) -> None:
    """Print what a command costs, beside what was accepted; exit code 1 when it has grown."""
    now = measure()
    if accept:
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(Accepted(python(), now, accept)), indent=2) + b"\n")
    before = accepted()
    for name, cost in now.items():
        print(f"{name:14} {cost:10,.1f}   accepted {before.costs.get(name, 0):10,.1f}")
    faults = grown(now, before, python())
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
