"""When each result became visible to a client that reads what is committed."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from benchmarks.arena import PARTITIONS
from benchmarks.records import consumer, partitions

_ID = re.compile(rb'"commandId":"([^"]+)"').search
Name = Callable[[bytes], re.Match[bytes] | None]


class Seen(NamedTuple):
    """A result: its partition and when it came (monotonic ns)."""

    partition: int
    at_ns: int


class Sight:
    """Reads a topic from its end on, in the background. `seen` is by command id."""

    def __init__(self, reader: AIOKafkaConsumer, name: Name) -> None:
        self.seen: dict[str, Seen] = {}
        self._reader = reader
        self._name = name

    async def read(self) -> None:
        """Read until cancelled."""
        while True:
            fetched = await self._reader.getmany(timeout_ms=1000)
            now = time.monotonic_ns()
            for tp, records in fetched.items():
                for record in records:
                    found = self._name(record.value)
                    if found is not None:
                        self.seen.setdefault(found[1].decode(), Seen(tp.partition, now))

    async def until(self, count: int, timeout_s: float) -> None:
        """Wait until `count` commands have a result. TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while len(self.seen) < count:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def sight(broker: str, topic: str, count: int = PARTITIONS, name: Name = _ID) -> AsyncIterator[Sight]:
    """Watch a topic from now on; `name` finds what a record is called, by default its command id."""
    async with consumer(broker, fetch_max_wait_ms=100) as reader:
        reader.assign(partitions(topic, count))
        await reader.seek_to_end()
        for tp in partitions(topic, count):
            await reader.position(tp)
        eye = Sight(reader, name)
        reading = asyncio.create_task(eye.read())
        try:
            yield eye
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
