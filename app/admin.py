"""Topics in Kafka as app/topics.py wants them: made when missing, refused when they do not fit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from app.settings import Settings
from app.topics import ALL, Topic


class TopicsError(Exception):
    """Topics that cannot be used; the message is one sentence for the person who runs this."""


class Report(msgspec.Struct, frozen=True):
    """What there is of the topics: names, and a sentence for each that cannot be used or is kept otherwise."""

    present: list[str]
    missing: list[str]
    unusable: list[str]
    different: list[str]


async def create(settings: Settings, topics: Iterable[Topic] = ALL, wait_s: float = 0) -> Report:
    """Make the missing topics and return when every partition has a leader; TopicsError when one does not fit.

    `wait_s`: how long Kafka may take until it answers, for processes that are started together with it.
    """
    topics = list(topics)
    async with _admin(settings, wait_s) as admin:
        before = await _report(admin, settings, topics)
        if before.unusable:
            raise TopicsError(before.unusable[0])
        wanted = [_new(topic, settings) for topic in topics if settings.topic_prefix + topic.name in before.missing]
        if wanted:
            answer = await admin.create_topics(wanted)
            for name, code, *reason in answer.topic_errors:
                # two processes that start together both find it missing
                if code and for_code(code) is not TopicAlreadyExistsError:
                    why = " ".join(map(str, reason)) or for_code(code).__name__
                    raise TopicsError(f"Kafka does not make topic {name}: {why}.")
        while not await _led(admin, settings, topics):
            await asyncio.sleep(0.02)  # between two looks at the metadata
        return before


async def check(settings: Settings, topics: Iterable[Topic] = ALL) -> Report:
    """Compare Kafka's topics with ours and change nothing; TopicsError when Kafka does not answer."""
    async with _admin(settings) as admin:
        return await _report(admin, settings, list(topics))


async def _report(admin: AIOKafkaAdminClient, settings: Settings, topics: list[Topic]) -> Report:
    wanted = {settings.topic_prefix + topic.name: topic for topic in topics}
    described = {one["topic"]: one for one in await admin.describe_topics(list(wanted)) if not one["error_code"]}
    unusable = [
        f"Topic {name} has {len(one['partitions'])} partitions, KAWKA_PARTITIONS is {settings.partitions}: keys would "
        "move; set it to the cluster's number or use another cluster."
        for name, one in described.items()
        if len(one["partitions"]) != settings.partitions
    ]
    actual = await _configs(admin, list(described))
    different = [
        f"Topic {name} has {key}={actual[name].get(key)}, expected {value}."
        for name in described
        for key, value in wanted[name].config().items()
        if key in ("cleanup.policy", "max.message.bytes") and actual[name].get(key) != value
    ]
    missing = [name for name in wanted if name not in described]
    return Report(present=list(described), missing=missing, unusable=unusable, different=different)


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """Read the settings of topics; aiokafka answers with rows of (error, message, type, name, [(key, value, ..)])."""
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    rows = [row for answer in answers for row in answer.resources]
    return {row[3]: {entry[0]: entry[1] for entry in row[4]} for row in rows}


async def _led(admin: AIOKafkaAdminClient, settings: Settings, topics: list[Topic]) -> bool:
    described = await admin.describe_topics([settings.topic_prefix + topic.name for topic in topics])
    return all(
        not one["error_code"] and one["partitions"] and all(part["leader"] >= 0 for part in one["partitions"])
        for one in described
    )


def _new(topic: Topic, settings: Settings) -> NewTopic:
    return NewTopic(
        settings.topic_prefix + topic.name, settings.partitions, settings.replication, topic_configs=topic.config()
    )


@asynccontextmanager
async def _admin(settings: Settings, wait_s: float = 0) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**settings.kafka())
    try:
        await _connect(admin, wait_s)
        yield admin
    except KafkaError as error:
        raise TopicsError(f"Kafka at {settings.broker} does not answer: {error}.") from error
    finally:
        await admin.close()


async def _connect(admin: AIOKafkaAdminClient, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            await admin.start()
        except KafkaConnectionError:
            if time.monotonic() > until:
                raise
        else:
            return
        await asyncio.sleep(0.2)  # between two knocks at a closed door
