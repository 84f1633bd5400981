"""Where partitions end for who reads what is committed, once everything that was written before is decided.

A coordinator answers a commit before its markers are in the partitions: for a moment their last stable offsets are
those of before. Who was just told of a commit would not find it there.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition, errors
from aiokafka.protocol.offset import OffsetRequest

from app.engine.active_producers import by_leader, tp_name

POLLS: Final = 50
"""How often a transaction that is open is looked at; one at work ends long before. Not a time: a stall is one look."""
POLL_S: Final = 0.02
_ANY: Final = -1  # replica id of who is none
_UNCOMMITTED: Final = 0
_LATEST: Final = -1


async def stable_ends(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Give the last stable offsets, no earlier than the high watermarks of now if what is open there ends soon.

    `consumer` reads what is committed. Errors: KafkaError.
    """
    ends: dict[TopicPartition, int] = await consumer.end_offsets(list(tps))
    high = await _high_watermarks(consumer, ends)
    for _ in range(POLLS):
        open_ = [tp for tp, end in ends.items() if end < high[tp]]
        if not open_:
            break
        await asyncio.sleep(POLL_S)
        ends |= await consumer.end_offsets(open_)
    return ends


async def _high_watermarks(consumer: AIOKafkaConsumer, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    client = consumer._client
    high = {}
    for leader, topics in by_leader((client.cluster.leader_for_partition(tp), tp) for tp in tps):
        asked = [(topic, [(partition, _LATEST) for partition in partitions]) for topic, partitions in topics.items()]
        response: Any = await client.send(leader, OffsetRequest(_ANY, _UNCOMMITTED, asked))
        for topic, partitions in response.topics:
            for partition, code, _, offset in partitions:
                tp = TopicPartition(topic, partition)
                if code:
                    raise errors.for_code(code)(tp_name(tp))
                high[tp] = offset
    return high
