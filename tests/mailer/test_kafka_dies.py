"""The mailer outlives its Kafka: every mail is sent when that is back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.local.kafka import LocalKafka
from tests.mailer.conftest import Mailers
from tests.mailer.server import Server


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
