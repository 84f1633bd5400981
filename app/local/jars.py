"""The jars that Kafka is: named with their sha256 in kafka.lock, fetched once, checked at every start.

`python -m app.local.jars` resolves the coordinates anew and writes the lock: after a change of ENDPOINTS.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import requests
from jgo.maven import MavenContext, PythonResolver
from jgo.parse import Endpoint

from app.local.errors import LocalError

ENDPOINTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")  # the second prints its log
LOCK = Path(__file__).with_name("kafka.lock")
FETCHES_AT_ONCE = 6

Progress = Callable[[int, int], None]  # bytes fetched so far, bytes to fetch


class Jar(msgspec.Struct, frozen=True):
    """One line of the lock: group:artifact:version, the file's sha256 and its size in bytes."""

    coordinate: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        """Name the file as Maven repositories do."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked(lock: Path = LOCK) -> list[Jar]:
    """Read the lock; the order is the class path's."""
    lines = [line.split() for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    return [Jar(coordinate, sha256, int(size)) for coordinate, sha256, size in lines]


def classpath(cache: Path, progress: Progress | None = None, jars: list[Jar] | None = None) -> str:
    """Give Java's class path after fetching what is missing or damaged in `cache`; LocalError when that fails.

    Every file is hashed each time: 25 ms, and no half-fetched or damaged jar ever reaches Java.
    """
    jars = locked() if jars is None else jars
    directory = cache.expanduser() / "jars"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _only_one(directory):
            missing = [jar for jar in jars if not intact(directory / jar.filename, jar)]
            if missing:
                _fetch(missing, directory, progress or (lambda _done, _total: None))
    except OSError as error:
        raise LocalError(f"Kafka's jars cannot be kept in {directory}: {error.strerror or error}.") from error
    return ":".join(str(directory / jar.filename) for jar in jars)


def intact(path: Path, jar: Jar) -> bool:
    """Whether the file is exactly the one of the lock."""
    try:
        return path.stat().st_size == jar.size and hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def _fetch(jars: list[Jar], directory: Path, progress: Progress) -> None:
    total = sum(jar.size for jar in jars)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count  # from several threads: a lost update costs the bar a pixel, nothing else
        progress(done, total)

    with tempfile.TemporaryDirectory(dir=directory) as scratch, ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        context = _context(Path(scratch), advance)
        jobs = [pool.submit(_fetch_one, context, jar, directory) for jar in jars]
        try:
            for job in jobs:
                job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch_one(context: MavenContext, jar: Jar, directory: Path) -> None:
    group, artifact, version = jar.coordinate.split(":")
    try:
        fetched = context.project(group, artifact).at_version(version).artifact().resolve()
    except requests.RequestException as error:
        raise LocalError(
            "Kafka's jars cannot be fetched: the Maven repository is not reached; the first start needs the network."
        ) from error
    except RuntimeError as error:
        raise LocalError(f"Kafka's jar {jar.coordinate} is not to be had from the Maven repository.") from error
    if not intact(fetched, jar):
        raise LocalError(
            f"Kafka's jar {jar.coordinate} came with another sha256 than the lock's: it is not used; try again, and if "
            "it stays so, somebody between here and the Maven repository changes it."
        )
    fetched.replace(directory / jar.filename)  # on the same file system: whole or not at all


def _context(scratch: Path, advance: Callable[[int], None]) -> MavenContext:
    @contextmanager
    def on_download(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield advance

    logging.getLogger("jgo").setLevel(logging.ERROR)
    return MavenContext(resolver=PythonResolver(progress_callback=on_download), repo_cache=scratch)


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Let one process at a time look and fetch; the others wait and then find all there."""
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_lock(lock: Path = LOCK, endpoints: Sequence[str] = ENDPOINTS, by: str = "app.local.jars") -> None:
    """Resolve `endpoints` with all they need at run time and write the lock; `by`: the module that does it again."""
    scratch = Path(tempfile.mkdtemp())
    context = _context(scratch, lambda _count: None)
    coordinates = [replace(Endpoint.parse(text).coordinates[0], scope="compile") for text in endpoints]
    inputs, others = context.resolver.resolve([context.create_dependency(one) for one in coordinates])
    lines = [f"# group:artifact:version sha256 bytes, written by `python -m {by}`"]
    for dependency in [*inputs, *(one for one in others if one.scope in ("compile", "runtime"))]:
        artifact = dependency.artifact
        content = artifact.resolve().read_bytes()
        coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        lines.append(f"{coordinate} {hashlib.sha256(content).hexdigest()} {len(content)}")
    lock.write_text("\n".join(lines) + "\n")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    write_lock()
