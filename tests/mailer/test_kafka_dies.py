"""The mailer outlives its Kafka: when it is back every mail is sent. At the end none vanishes."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.local.kafka import LocalKafka
from app.mailer.intake import Intake
from app.settings import Settings
from tests.mailer.conftest import Mailers
from tests.mailer.server import Server
from tests.workers import Worker, eventually


@pytest.mark.long
@pytest.mark.parametrize("delivery", ["at-least-once", "at-most-once"])
async def test_mails_go_on_when_a_killed_kafka_is_back(
    tmp_path: Path, unique: Callable[[str], str], server: Server, delivery: str
) -> None:
    async with (
        LocalKafka(tmp_path / "kafka") as kafka,
        Mailers(kafka.broker, tmp_path, unique("mailer"), server) as mailers,
    ):
        server.delay_s = 0.05
        await mailers.put(*(f"ORD-{number}" for number in range(200)))
        mailer = mailers.start(KAWKA_MAIL_DELIVERY=delivery, KAWKA_MAIL_IN_FLIGHT="8")
        await mailers.taken(50)
        kafka.kill()
        await kafka.start()
        await mailers.settled_at(200, 90)
        await mailers.taken(200)
        assert mailer.process.poll() is None
        assert len(set(server.ids())) == 200
        if delivery == "at-most-once":
            assert len(server.mails) == 200


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    async with LocalKafka(tmp_path / "kafka") as kafka:
        yield kafka


async def abandoning(mailers: Mailers, kafka: LocalKafka) -> Worker:
    """Tell a mailer to end that has five mails at a server that hangs, and freeze Kafka for its dead letters."""
    mailers.server.delay_s = 3600
    await mailers.put(*(f"ORD-{number}" for number in range(5)))
    mailer = mailers.start(KAWKA_MAIL_DELIVERY="at-most-once", KAWKA_MAIL_STOP_S="1")
    await mailers.settled_at(5)  # before they are sent

    async def under_way() -> bool:
        return mailers.server.asked.total() > 0

    await eventually(under_way)
    kafka.freeze()
    mailer.signal(signal.SIGTERM)

    async def burying() -> bool:
        return mailer.log.read_text().count(" is a dead letter") == 5

    await eventually(burying)
    return mailer


@pytest.mark.long
async def test_what_is_abandoned_becomes_dead_letters_also_where_kafka_stalls_at_the_end(
    kafka: LocalKafka, tmp_path: Path, unique: Callable[[str], str], server: Server
) -> None:
    async with Mailers(kafka.broker, tmp_path, unique("mailer"), server) as mailers:
        mailer = await abandoning(mailers, kafka)
        await asyncio.sleep(4)  # a stall that is longer than all other patience of its end
        kafka.thaw()
        assert await mailer.gone(60) == 0
        assert {letter.key for letter in await mailers.dead(5)} == {b"ORD-%d" % number for number in range(5)}
        assert "neither mail nor dead letter" not in mailer.log.read_text()


@pytest.mark.long
async def test_what_cannot_even_be_buried_is_in_the_log(
    kafka: LocalKafka, tmp_path: Path, unique: Callable[[str], str], server: Server
) -> None:
    async with Mailers(kafka.broker, tmp_path, unique("mailer"), server) as mailers:
        mailer = await abandoning(mailers, kafka)
        assert await mailer.gone(60) == 0
        assert mailer.log.read_text().count("neither mail nor dead letter") == 5
        kafka.thaw()


@pytest.mark.long
async def test_mails_that_are_done_for_the_group_perhaps_and_not_sent_are_in_the_log(
    kafka: LocalKafka, tmp_path: Path, unique: Callable[[str], str], server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with Mailers(kafka.broker, tmp_path, unique("mailer"), server) as mailers:
        await mailers.put("ORD-1", "ORD-1")  # which are fetched at once
        begun: list[Any] = []

        async def settle() -> None:
            """There is nothing to wait for."""

        names = {"prefix": mailers.name, "topic_prefix": f"{mailers.name}-"}
        intake = Intake(Settings(broker=kafka.broker, mail_delivery="at-most-once", **names), settle)
        await intake.start()

        async def first() -> list[Any]:
            await intake.take(1, begun.append)
            return begun

        await eventually(first)
        kafka.freeze()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(intake.take(1, begun.append), 1)
        kafka.thaw()
        await intake.stop()
        (record,) = begun
        where = f"{record.topic}-{record.partition}:{record.offset + 1} to {record.offset + 1}"
        assert f"{where} may be done for the group, and no mail was sent" in caplog.text
