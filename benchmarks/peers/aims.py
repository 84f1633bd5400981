"""What is aimed at (issue 6), as ratios of figures of one run on one machine: reached, or how far short."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.outcome import Outcome


class Side(NamedTuple):
    """A figure of a contender; `where` picks among several of one (a rate, a size)."""

    benchmark: str
    key: str
    figure: str
    where: Mapping[str, object] = {}


class Aim(NamedTuple):
    """Ours over theirs is at least `bound`, or at most. `better`: what we would like beyond. No bound: only told."""

    what: str
    ours: Side
    theirs: Side | None
    bound: float | None
    at_most: bool = False
    better: float | None = None


class Judged(NamedTuple):
    """An aim with its ratio, None where a side was not measured or did not count."""

    aim: Aim
    ratio: float | None

    @property
    def mark(self) -> str:
        """Say "reached", "short", "not measured", or nothing for what has no bound."""
        if self.ratio is None:
            return "not measured"
        if self.aim.bound is None:
            return ""
        reached = self.ratio <= self.aim.bound if self.aim.at_most else self.ratio >= self.aim.bound
        return "reached" if reached else "short"

    @property
    def wanted(self) -> str:
        """Write the bound."""
        if self.aim.bound is None:
            return ""
        sign = "at most" if self.aim.at_most else "at least"
        better = f" (hoped for: {self.aim.better:g})" if self.aim.better else ""
        return f"{sign} {self.aim.bound:.3g}{better}"


def _w1(key: str, figure: str = "rate_per_s") -> Side:
    return Side("w1", key, figure)


def _w2(key: str, figure: str = "rate_per_s") -> Side:
    return Side("w2", key, figure)


def _latency(key: str, figure: str) -> Side:
    return Side("latency", key, figure, {"at_rate_per_s": 500})


def _restore(key: str) -> Side:
    return Side("restore", key, "rate_per_s")


AIMS: tuple[Aim, ...] = (
    Aim("W1, two workers: rate / Kafka Streams, defaults, 2 threads", _w1("kawka-2"), _w1("streams-2"), 3, better=4),
    Aim("W1, two workers, tuned: rate / Kafka Streams, tuned", _w1("kawka-tuned"), _w1("streams-tuned"), 1.7, better=2),
    Aim("W1, one worker: rate / Kafka Streams, defaults, 2 threads", _w1("kawka-1"), _w1("streams-2"), 2.5),
    Aim("W1, one worker: rate / Kafka Streams, defaults, 1 thread", _w1("kawka-1"), _w1("streams-1"), None),
    Aim(
        "W1, one worker: CPU a command / Kafka Streams, defaults, 2 threads",
        _w1("kawka-1", "cpu_us_per_item"), _w1("streams-2", "cpu_us_per_item"), 0.25, at_most=True,
    ),
    Aim(
        "W1, two workers, tuned: CPU a command / Kafka Streams, tuned",
        _w1("kawka-tuned", "cpu_us_per_item"), _w1("streams-tuned", "cpu_us_per_item"), None,
    ),
    Aim("W1, two workers: rate / stock Faust, 1 worker", _w1("kawka-2"), _w1("faust"), 60),
    Aim("W1, one worker: rate / stock Faust, 1 worker", _w1("kawka-1"), _w1("faust"), None),
    Aim("W1, two workers: rate / Quix Streams, 0.1 s commits", _w1("kawka-2"), _w1("quix-0.1"), 6),
    Aim("W1, two workers: rate / Quix Streams, 1 s commits", _w1("kawka-2"), _w1("quix-1"), 6),
    Aim("W1, one worker: rate / Quix Streams, 1 s commits", _w1("kawka-1"), _w1("quix-1"), None),
    Aim("W1, two workers: rate / the floor", _w1("kawka-2"), _w1("floor"), None),
    Aim("W2, two workers: rate / Kafka Streams, defaults, 2 threads", _w2("kawka-2"), _w2("streams-2"), None),
    Aim("W2, two workers, tuned: rate / Kafka Streams, tuned", _w2("kawka-tuned"), _w2("streams-tuned"), None),
    Aim("W2, two workers, tuned: rate / tuned, no trucks", _w2("kawka-tuned"), _w2("streams-tuned-bare"), None),
    Aim("W2, one worker: rate / Kafka Streams, defaults, 2 threads", _w2("kawka-1"), _w2("streams-2"), None),
    Aim(
        "W2, one worker: CPU a position / Kafka Streams, defaults, 2 threads",
        _w2("kawka-1", "cpu_us_per_item"), _w2("streams-2", "cpu_us_per_item"), None,
    ),
    Aim(
        "latency at 500/s: p50 / Kafka Streams, defaults",
        _latency("kawka-1", "p50_ms"), _latency("streams-2", "p50_ms"), 0.5, at_most=True,
    ),
    Aim(
        "latency at 500/s: p99 / Kafka Streams, defaults",
        _latency("kawka-1", "p99_ms"), _latency("streams-2", "p99_ms"), 0.5, at_most=True,
    ),
    Aim("restore, one worker: records/s / Kafka Streams, defaults", _restore("kawka-1"), _restore("streams-2"), 1),
    Aim("restore, two workers: records/s / Kafka Streams, defaults", _restore("kawka-2"), _restore("streams-2"), 1),
    Aim("kill -9: s until all partitions move", Side("failover", "kawka-2", "all_moving_s"), None, 10, at_most=True),
    Aim(
        "kill -9: s until all partitions move / Kafka Streams, defaults",
        Side("failover", "kawka-2", "all_moving_s"), Side("failover", "streams-pair", "all_moving_s"), None,
    ),
)  # fmt: skip


def judged(medians: Sequence[Outcome], aims: Iterable[Aim] = AIMS) -> list[Judged]:
    """Work out every ratio."""
    return [Judged(aim, _ratio(aim, medians)) for aim in aims]


def _ratio(aim: Aim, medians: Sequence[Outcome]) -> float | None:
    ours = _figure(aim.ours, medians)
    theirs = 1.0 if aim.theirs is None else _figure(aim.theirs, medians)
    return None if ours is None or not theirs else ours / theirs


def _figure(side: Side, medians: Sequence[Outcome]) -> float | None:
    wanted = {"key": side.key, **side.where}
    for outcome in medians:
        fits = all(outcome.figures.get(name) == value for name, value in wanted.items())
        if outcome.benchmark == side.benchmark and fits and not outcome.faults:
            value = outcome.figures.get(side.figure)
            return value if isinstance(value, (int, float)) else None
    return None
