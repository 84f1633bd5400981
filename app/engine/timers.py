"""Timers: how the wall clock enters the log, so that a replay repeats what it did.

A handler schedules (due, key, payload) in its transaction, into a changelogged table. When it is due, the owner appends
a timer record to the agent's own timers topic; it takes effect when the task reads it, if it still stands in the table.
A crash between the two sets it off twice: the second finds no entry and does nothing.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError

from app import topics
from app.engine.store import now_ms
from app.engine.table import Table

if TYPE_CHECKING:
    from app.engine.task import Task
    from app.engine.transaction import Transaction

log = logging.getLogger(__name__)
LONGEST_WAIT_S = 1.0
_DUE = "due"


def timers_table(agent: str) -> Table:
    """Make the table of an agent's timers: due time (8 bytes, ms) and key -> payload."""
    return Table(f"{agent}-timers", topics.changelog(f"{agent}-timers"), about="Timers that wait", internal=True)


def timer_key(due_ms: int, key: bytes) -> bytes:
    """Give the key of a timer, in order of time. Stored: do not change."""
    return due_ms.to_bytes(8, "big") + key


def take(tx: "Transaction", record: Any) -> bool:
    """Take a timer that was set off out of the table. False when it is not there (any more)."""
    full = timer_key(int(dict(record.headers)[_DUE]), record.key)
    if tx.get(tx.timers_table, full) is None:
        return False
    tx.put(tx.timers_table, full, None)
    return True


async def run_clock(task: "Task") -> None:
    """Append a record for each timer that is due, as long as the task is ours."""
    table, topic = task.agent.timers_table, task.agent.timers_topic
    assert table is not None
    assert topic is not None
    fired: set[bytes] = set()
    while task.phase != "lost":
        if not task.serving:
            await asyncio.sleep(0.1)
            continue
        wait_s = LONGEST_WAIT_S
        waiting = set()
        for full, payload in task.state.scan(table):
            due = int.from_bytes(full[:8], "big")
            if due > now_ms():
                wait_s = min(wait_s, (due - now_ms()) / 1000)
                break
            waiting.add(full)
            if full not in fired:
                try:
                    await task.app.append(topic, full[8:], payload, task.partition, [(_DUE, b"%d" % due)])
                except KafkaError as error:
                    log.warning("%r: a timer waits for Kafka: %r", task, error)
                    break
                fired.add(full)
        fired &= waiting
        await task.moved(max(wait_s, 0.001))
