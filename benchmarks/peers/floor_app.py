"""The floor: every command read by librdkafka, and as many bytes written in transactions as judging W1 writes.

It runs in the peers' own virtual environment, with PEER_BROKER and PEER_PREFIX set.
"""

import os
import signal
import time

from confluent_kafka import Consumer, Producer

PREFIX = os.environ["PEER_PREFIX"]
COMMIT_S = 0.1
RESULT_BYTES = 830  # of W1, with headers, on the average
EVENT = b"e" * 270  # of these there are 11 for 10 commands
SNAPSHOT = b"s" * 740

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["PEER_BROKER"],
        "group.id": f"{PREFIX}floor",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }
)
producer = Producer(
    {
        "bootstrap.servers": os.environ["PEER_BROKER"],
        "transactional.id": f"{PREFIX}floor",
        "partitioner": "murmur2",
        "linger.ms": 20,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": 1_000_000,
    }
)


def copy() -> None:
    """Pass on what can be read within one transaction."""
    batch = consumer.consume(2000, timeout=0.1)
    if not batch:
        return
    producer.begin_transaction()
    until, done = time.monotonic() + COMMIT_S, 0
    while batch:
        for message in batch:
            if message.error():
                raise RuntimeError(message.error().str())
            done += 1
            pass_on(message.key(), message.value(), message.partition(), last=done % 10 == 0)
        producer.poll(0)
        batch = consumer.consume(2000, timeout=0.01) if time.monotonic() < until else []
    positions = [one for one in consumer.position(consumer.assignment()) if one.offset >= 0]
    producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
    producer.commit_transaction()


def pass_on(key: bytes, value: bytes, partition: int, *, last: bool) -> None:
    """Write what a command leaves behind; with the last of an invoice's ten also its snapshot and the odd event."""
    producer.produce(f"{PREFIX}command-results", value.ljust(RESULT_BYTES), key, partition)
    producer.produce(f"{PREFIX}invoice-events", EVENT, key, partition)
    if last:
        producer.produce(f"{PREFIX}invoice-events", EVENT, key, partition)
        producer.produce(f"{PREFIX}invoice-snapshots", SNAPSHOT, key, partition)


def main() -> None:
    """Copy until told to stop."""
    going = True

    def stop(*_: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    producer.init_transactions()
    consumer.subscribe([f"{PREFIX}invoice-commands"])
    while going:
        copy()
    consumer.close()


if __name__ == "__main__":
    main()
