"""What becomes of a truck's MQTT message: a record of truck_position, or a dead letter that says what was wrong."""

from typing import Final, NamedTuple

from app import codec, codec_trucks, topics
from app.codec import Undecodable
from app.domain.decider import valid_id
from app.domain.trucks import flaw
from app.topics import Topic

AGENT: Final = b"mqtt-bridge"
KEPT: Final = 3 * topics.MIB  # of a payload in dead-letters, which takes 4 MiB with all headers


class Outgoing(NamedTuple):
    """A record to be written; `timestamp` None: now."""

    topic: Topic
    key: bytes | None
    value: bytes
    timestamp: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def admit(topic: str, payload: bytes, now_ms: int, max_ahead_ms: int) -> Outgoing:
    """Judge a message by shape, values and the wall clock `now_ms`. It never raises: what is bad is a dead letter."""
    if len(payload) > topics.MIB:
        return dead(topic, payload, f"The message has {len(payload)} bytes, above {topics.MIB}.", now_ms)
    try:
        position = codec_trucks.decode(payload)
    except Undecodable as error:
        where = f"{error.field}: " if error.field and error.field not in error.message else ""
        return dead(topic, payload, where + error.message, now_ms)
    if fault := flaw(position, now_ms, max_ahead_ms):
        return dead(topic, payload, fault[1], now_ms)
    key = b"%d" % position.truck_id
    return Outgoing(topics.truck_position, key, codec.encode(position), position.timestamp, (("schema", b"1"),))


def dead(topic: str, payload: bytes, error: str, now_ms: int) -> Outgoing:
    """Make the dead letter of a message, under the truck's id of its MQTT topic; MQTT knows no partition or offset."""
    parts = topic.split("/")
    key = parts[1].encode() if len(parts) > 1 and valid_id(parts[1]) else None
    headers = [
        ("source-topic", topic.encode(errors="replace")),
        ("error", error.encode(errors="replace")),
        ("agent", AGENT),
        ("attempts", b"1"),
        ("time", b"%d" % now_ms),
    ]
    if len(payload) > KEPT:
        headers.append(("cut-from-bytes", b"%d" % len(payload)))
    return Outgoing(topics.dead_letters, key, payload[:KEPT], None, tuple(headers))
