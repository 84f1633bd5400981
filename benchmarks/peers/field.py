"""Everybody who takes part, and the order of a run."""

from collections.abc import Sequence
from typing import TypeVar

from benchmarks.peers.contender import Contender
from benchmarks.peers.kawka import Kawka
from benchmarks.peers.pythons import Faust, Floor, Quix
from benchmarks.peers.streams import TUNED, TUNED_JVM, Streams
from benchmarks.peers.trucking import Trucking

T = TypeVar("T")
TUNED_KAWKA = {"batch_max_records": 12_000}  # a table's entry goes to RocksDB and the changelog once a transaction

FIELD: tuple[Contender, ...] = (
    Kawka(1),
    Streams("streams-2", "defaults, 2 threads"),
    Kawka(2),
    Streams("streams-tuned", "tuned, 2 threads", more=TUNED, jvm=TUNED_JVM, cached=True),
    Kawka(2, **TUNED_KAWKA),
    Streams("streams-1", "defaults, 1 thread", threads=1),
    Quix("quix-0.1", 0.1),
    Quix("quix-1", 1),
    Faust(),
    Floor(),
)
PAIR: tuple[Contender, ...] = (  # for failover: two processes, of which one ends
    Kawka(2),
    Streams("streams-pair", "defaults, 2 processes", threads=1, processes=2),
)
TRUCKS: tuple[Contender, ...] = (  # for W2
    Kawka(1),
    Trucking("streams-2", "defaults, 2 threads", table=True),
    Kawka(2),
    Trucking("streams-tuned", "tuned, 2 threads", table=True, more=TUNED, jvm=TUNED_JVM),
    Kawka(2, **TUNED_KAWKA),
    Trucking("streams-2-bare", "defaults, 2 threads", table=False),
    Trucking("streams-tuned-bare", "tuned, 2 threads", table=False, more=TUNED, jvm=TUNED_JVM),
)


def named(keys: Sequence[str], among: Sequence[Contender] = FIELD) -> list[Contender]:
    """Give contenders by their keys, in the order of `among`; all of them for none. ValueError for an unknown key."""
    unknown = set(keys) - {one.key for one in (*FIELD, *PAIR, *TRUCKS)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(one.key for one in FIELD)}")
    return [one for one in among if not keys or one.key in keys]


def rotated(all_of_them: Sequence[T], run: int) -> list[T]:
    """Give the order of the `run`-th run, from 0: each time another one begins, and nobody profits from his place."""
    first = run % len(all_of_them) if all_of_them else 0
    return [*all_of_them[first:], *all_of_them[:first]]
