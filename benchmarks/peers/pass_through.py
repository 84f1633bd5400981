"""Whether the floor passed every command on once."""

import re
from array import array

from aiokafka import TopicPartition

from benchmarks.peers.contender import Verdict
from benchmarks.peers.stage import Stage
from benchmarks.records import everything

_ID = re.compile(rb'"commandId":"([^"]+)"').search


async def faults(stage: Stage, count: int) -> Verdict:
    """Read the results back."""
    offsets: dict[TopicPartition, array[int]] = {}
    ids: set[bytes] = set()
    total = 0
    async for records in everything(stage.broker, stage.results, stage.partitions):
        tp = TopicPartition(records[0].topic, records[0].partition)
        offsets.setdefault(tp, array("q")).extend(record.offset for record in records)
        ids.update(found[1] for record in records if (found := _ID(record.value)))
        total += len(records)
    wrong = () if len(ids) == total == count else (f"{total} records, {len(ids)} distinct, of {count} commands",)
    return Verdict(offsets, wrong)
