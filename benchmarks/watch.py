"""Watching results become visible, at next to no cost: the ends of the partitions are asked for, not the records."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import TopicPartition

from benchmarks.arena import PARTITIONS
from benchmarks.records import consumer, partitions
from benchmarks.worker import Use

POLL_S = 0.02


class Sample(NamedTuple):
    """The last stable offset of each partition at a moment (monotonic s), and what the workers had taken by then."""

    at: float
    ends: dict[TopicPartition, int]
    use: Use


class Watch:
    """Samples from before the first result until nothing has moved for a while, or `enough` says so."""

    def __init__(self, broker: str, topic: str, use: Callable[[], Use], count: int = PARTITIONS, *more: str) -> None:
        self.samples: list[Sample] = []
        self.peak_rss = 0  # of all workers together
        self._broker = broker
        self._topics = (topic, *more)
        self._use = use
        self._partitions = count

    async def run(self, least: int, quiet_s: float, timeout_s: float) -> None:
        """Sample until at least `least` offsets were written and then none for `quiet_s`. TimeoutError."""
        tps = [tp for topic in self._topics for tp in partitions(topic, self._partitions)]
        async with asyncio.timeout(timeout_s), consumer(self._broker) as reader:
            while True:
                ends = await reader.end_offsets(tps)
                use = self._use()
                self.peak_rss = max(self.peak_rss, use.rss)
                if not self.samples or ends != self.samples[-1].ends:
                    self.samples.append(Sample(time.monotonic(), ends, use))
                elif sum(ends.values()) >= least and time.monotonic() - self.samples[-1].at > quiet_s:
                    return
                await asyncio.sleep(POLL_S)

    def span(self, firsts: dict[TopicPartition, int], lasts: dict[TopicPartition, int]) -> tuple[Sample, Sample]:
        """Give the samples in which the first of all first and the last of all last offsets became visible."""
        begin = next(s for s in self.samples if any(s.ends[tp] > offset for tp, offset in firsts.items()))
        end = next(s for s in self.samples if all(s.ends[tp] > offset for tp, offset in lasts.items()))
        return begin, end

    def after(self, offsets: Mapping[TopicPartition, Sequence[int]], warm_up: int) -> tuple[Sample, int, Sample]:
        """Give the sample in which the warm-up was over, how many results showed by then, and the one that shows all.

        `offsets`: of every result, in order. Systems commit at different moments: what shows is counted, not guessed.
        """
        visible = (
            (sample, sum(bisect_left(every, sample.ends[tp]) for tp, every in offsets.items()))
            for sample in self.samples
        )
        begin, count = next((sample, count) for sample, count in visible if count >= warm_up)
        end = next(s for s in self.samples if all(s.ends[tp] > every[-1] for tp, every in offsets.items()))
        return begin, count, end
