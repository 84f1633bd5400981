"""Topics are made as app/topics.py wants them, and a cluster with other partitions is refused."""

from collections.abc import Callable

import msgspec
import pytest

from app import admin
from app.local.process import free_port
from app.settings import Settings
from app.topics import ALL, Topic


@pytest.fixture
def settings(broker: str, unique: Callable[[str], str]) -> Settings:
    return Settings(broker=broker, partitions=2, topic_prefix=unique("admin") + "-")


async def test_missing_topics_are_made_and_then_found_as_wanted(settings: Settings) -> None:
    made = await admin.create(settings)
    assert made.missing == [settings.topic_prefix + topic.name for topic in ALL]
    found = await admin.check(settings)
    assert sorted(found.present) == sorted(made.missing)
    assert (found.missing, found.unusable, found.different) == ([], [], [])


async def test_making_them_again_changes_nothing(settings: Settings) -> None:
    await admin.create(settings, ALL[:1])
    assert (await admin.create(settings, ALL[:1])).missing == []


async def test_another_number_of_partitions_is_refused_in_one_sentence(settings: Settings) -> None:
    await admin.create(settings, ALL[:1])
    other = msgspec.structs.replace(settings, partitions=3)
    with pytest.raises(admin.TopicsError, match=f"{ALL[0].name} has 2 partitions, KAWKA_PARTITIONS is 3"):
        await admin.create(other)
    assert len((await admin.check(other)).unusable) == 1


async def test_a_topic_kept_otherwise_is_told_but_usable(settings: Settings) -> None:
    await admin.create(settings, [Topic("letters", key="none")])
    compacted = [Topic("letters", key="none", compact=True)]
    assert (await admin.check(settings, compacted)).different == [
        f"Topic {settings.topic_prefix}letters has cleanup.policy=delete, expected compact."
    ]
    await admin.create(settings, compacted)


async def test_a_kafka_that_does_not_answer_is_one_sentence() -> None:
    broker = f"127.0.0.1:{free_port()}"
    with pytest.raises(admin.TopicsError, match=f"^Kafka at {broker} does not answer: "):
        await admin.check(Settings(broker=broker))
