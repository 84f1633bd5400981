"""A worker of whose transactions Kafka leaves out markers: what some of them write, the coordinator does not hear of.

Needs a Kafka that does not check where a transaction reaches (tests.hanging.unverified).
"""

import asyncio
import os
from typing import Any

from aiokafka.client import CoordinationType

from app.engine import producer, wire
from app.engine.wire_hanging import describe_transaction
from app.main import run

EVERY = int(os.environ.get("UNMARKED_EVERY", "5"))
EPOCH = slice(51, 53)  # of a record batch, format 2
registered, end = wire.produce, producer.Producer._end


class Unregistered(wire._Produce):
    """A produce request of the first protocol: the partition does not become part of the transaction with it."""

    API_VERSION = 11
    RESPONSE_TYPE = type("Response", (wire._ProduceResponse,), {"API_VERSION": 11})


def produce(transactional_id: str, timeout_ms: int, topics: dict[str, wire.Rows]) -> wire.Fixed:
    request = registered(transactional_id, timeout_ms, topics)
    (_, records), *_ = next(iter(topics.values()))
    if chosen(int.from_bytes(bytes(records)[EPOCH])):
        request._struct.__class__ = Unregistered
    return request


def chosen(epoch: int) -> bool:
    return epoch % EVERY == 1


async def wait(self: producer.Producer, *, commit: bool) -> None:
    """Have the markers arrive before records that are not registered: Kafka does not hold those back."""
    await end(self, commit=commit)
    state = "PrepareCommit" if chosen(self._epoch) else ""
    while state.startswith("Prepare"):
        await asyncio.sleep(0.001)
        described = await self._coordinators.send(
            CoordinationType.TRANSACTION, self._id, describe_transaction(self._id), lambda _: 0
        )
        state = described.transactions[0][2]


if __name__ == "__main__":
    if EVERY:
        patched: Any = producer
        patched.wire.produce = produce
        patched.Producer._end = wait
    run()
