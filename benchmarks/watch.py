"""Watching results become visible, at next to no cost: the ends of the partitions are asked for, not the records."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from aiokafka import TopicPartition

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

    def __init__(self, broker: str, topic: str, use: Callable[[], Use]) -> None:
        self.samples: list[Sample] = []
        self.peak_rss = 0  # of all workers together
        self._broker = broker
        self._topic = topic
        self._use = use

    async def run(self, least: int, quiet_s: float, timeout_s: float) -> None:
        """Sample until at least `least` offsets were written and then none for `quiet_s`. TimeoutError."""
        tps = partitions(self._topic)
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
