"""The oracle: folds the command topic with the pure domain and says what every other topic must hold."""

import asyncio
import time
from collections import defaultdict
from typing import Any

import msgspec
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from app.codec import Undecodable, decode_key, encode, invoice_commands
from app.domain import invoices as domain
from app.domain.decider import Rejected

Findings = list[str]
MARKERS_S = 10  # a commit is answered before its markers are written, in one topic after the other


class Log(msgspec.Struct):
    """All committed records of the invoice topics."""

    commands: list[Any]
    events: list[Any]
    results: list[Any]
    snapshots: list[Any]
    dead: list[Any]


async def settled(broker: str, topic_prefix: str, within: float = 60) -> Log:
    """Read the log once every distinct command has a result (or as it is after `within` seconds)."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        log = await read_log(broker, topic_prefix)
        if len(log.results) >= decided(log):
            break
        await asyncio.sleep(0.3)
    until = time.monotonic() + MARKERS_S
    while judge(log := await read_log(broker, topic_prefix)) and time.monotonic() < until:
        await asyncio.sleep(0.3)
    return log


async def read_log(broker: str, topic_prefix: str = "") -> Log:
    """Read everything that is committed in the invoice topics."""
    names = ("invoice-commands", "invoice-events", "command-results", "invoice-snapshots", "dead-letters")
    return Log(*[await read_topic(broker, topic_prefix + name) for name in names])


async def read_topic(broker: str, topic: str) -> list[Any]:
    """Read all committed records of a topic, partition by partition, each in order."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        partitions = await consumer._client.fetch_all_metadata()
        tps = [TopicPartition(topic, number) for number in sorted(partitions.partitions_for_topic(topic) or ())]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        records: dict[TopicPartition, list[Any]] = {tp: [] for tp in tps}
        left = {tp for tp in tps if ends[tp] > 0}
        while left:
            for tp, fetched in (await consumer.getmany(*left, timeout_ms=200)).items():
                records[tp] += fetched
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
        return [record for tp in tps for record in records[tp]]
    finally:
        await consumer.stop()


def decided(log: Log) -> int:
    """How many distinct commands the log holds that can be decided."""
    return len({(r.key, c.command_id) for r in log.commands if (c := _decode(r)) is not None})


def judge(log: Log) -> Findings:
    """Compare the log with what the commands in it must have led to; nothing found is a list with no entries."""
    findings: Findings = []
    states: dict[bytes, domain.Invoice] = {}
    expected: dict[tuple[bytes, str], tuple[bool, int]] = {}
    events: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
    for record in log.commands:
        command = _decode(record)
        if command is None or (record.key, command.command_id) in expected:
            continue
        state = states.get(record.key) or domain.initial(record.key.decode())
        decision = domain.decide(command, state)
        if isinstance(decision, Rejected):
            expected[record.key, command.command_id] = (False, state.version)
            continue
        for event in decision:
            state = domain.evolve(state, event)
            events[record.key].append((command.command_id, encode(event)))
        states[record.key] = state
        expected[record.key, command.command_id] = (True, state.version)
    findings += _check_results(log, expected)
    findings += _check_events(log, events)
    snapshots = {record.key: record.value for record in log.snapshots}
    wrong = [key for key, state in states.items() if state.version and snapshots.get(key) != encode(state)]
    if wrong or len(snapshots) != len([s for s in states.values() if s.version]):
        findings.append(
            f"{len(wrong)} snapshots differ from the fold, {len(snapshots)} of {len(states)}; as {wrong[:1]}"
        )
    return findings


def _check_results(log: Log, expected: dict[tuple[bytes, str], tuple[bool, int]]) -> Findings:
    findings: Findings = []
    seen: dict[tuple[bytes, str], int] = defaultdict(int)
    for record in log.results:
        result = orjson.loads(record.value)
        slot = (record.key, result["commandId"])
        seen[slot] += 1
        if expected.get(slot) != (result["ok"], result["version"]):
            findings.append(f"{slot}: {result} where {expected.get(slot)} was expected")
    lost, doubled = expected.keys() - seen.keys(), [slot for slot, count in seen.items() if count > 1]
    if lost or doubled:
        findings.append(f"of {len(expected)} results {len(lost)} lost, {len(doubled)} doubled")
    return findings[:5]


def _check_events(log: Log, expected: dict[bytes, list[tuple[str, bytes]]]) -> Findings:
    findings: Findings = []
    found: dict[bytes, list[tuple[str, bytes]]] = defaultdict(list)
    for record in log.events:
        value = orjson.loads(record.value)
        if value["version"] != len(found[record.key]) + 1:
            findings.append(f"{record.key}: version {value['version']} follows {len(found[record.key])}")
        found[record.key].append((value["commandId"], _payload(record.value)))
    if found != expected:
        findings.append(
            f"{sum(map(len, found.values()))} events where {sum(map(len, expected.values()))} were expected"
        )
    return findings[:5]


_events = msgspec.json.Decoder(domain.Event)


def _payload(value: bytes) -> bytes:
    return encode(_events.decode(value))


def _decode(record: Any) -> domain.Command | None:
    try:
        decode_key(record.key)
        return invoice_commands.decode(record.value)
    except Undecodable:
        return None
