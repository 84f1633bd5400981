"""Sends commands at a rate from a process of its own: `python -m benchmarks.sender BROKER TOPIC COUNT RATE NAME FILE`.

FILE gets the moment each was sent, in their order: nanoseconds of the monotonic clock, which all processes share.
"""

import asyncio
import gc
import sys
import time
from array import array
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaProducer

from app.local.process import spawn
from benchmarks.workload import commands


async def send(broker: str, topic: str, count: int, rate: float, name: str) -> "array[int]":
    """Send `count` commands; when each was handed to the client."""
    todo = list(commands(count, name))
    gc.freeze()
    sent: array[int] = array("q")
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        began, acks = time.monotonic(), []
        for number, command in enumerate(todo):
            early = began + number / rate - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            sent.append(time.monotonic_ns())
            acks.append(await producer.send(topic, command.value, key=command.key))
        await asyncio.gather(*acks)
    finally:
        await producer.stop()
    return sent


class Sender:
    """The process. `sent` is known when it has ended."""

    def __init__(self, broker: str, topic: str, count: int, rate: float, name: str, directory: Path) -> None:
        self._file = directory / f"sent-{name}"
        arguments = [broker, topic, str(count), str(rate), name, str(self._file)]
        self._process = spawn([sys.executable, "-m", "benchmarks.sender", *arguments], directory / "sender.log")

    @property
    def running(self) -> bool:
        """Whether it has more to send."""
        return self._process.poll() is None

    def sent(self) -> "array[int]":
        """Give the moments of sending; RuntimeError when it failed."""
        if self._process.wait():
            raise RuntimeError("the sender failed; see sender.log with --keep")
        moments: array[int] = array("q")
        moments.frombytes(self._file.read_bytes())
        return moments


def main() -> None:
    """Do what the command line says."""
    broker, topic, count, rate, name, file = sys.argv[1:]
    Path(file).write_bytes(uvloop.run(send(broker, topic, int(count), float(rate), name)).tobytes())


if __name__ == "__main__":
    main()
