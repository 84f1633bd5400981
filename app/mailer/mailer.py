"""order-emails -> SMTP, dead-letters: some mails at the same time, those of one order in their order."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app import codec_orders, topics
from app.codec import Undecodable
from app.engine.deadletters import about
from app.mailer.connections import Connections
from app.mailer.delivery import AT_MOST_ONCE, Delivery
from app.mailer.intake import Intake
from app.mailer.letter import Unsendable, compose
from app.mailer.outcome import Doubtful, Refused, Sent
from app.settings import Settings

log = logging.getLogger(__name__)
AGENT: Final = "mailer"
FULL_S: Final = 0.2  # longest wait between two looks at whether we are to stop
BURY_S: Final = 10.0  # for the dead letters of abandoned mails: Kafka may stall, and nobody sends those mails again


class Mailer:
    """One life between two troubles with Kafka; `run` it once."""

    def __init__(self, settings: Settings) -> None:
        self.sent = 0
        self.buried = 0
        self._settings = settings
        self._connections = Connections(settings)
        self._delivery = Delivery(settings, self._connections)
        self._intake = Intake(settings, self.settle)
        self._producer = AIOKafkaProducer(**settings.kafka(), enable_idempotence=True, max_request_size=8 << 20)
        self._begun: set[asyncio.Task[None]] = set()
        self._last: dict[bytes | None, asyncio.Task[None]] = {}  # of each key
        self._trouble: BaseException | None = None

    async def run(self, down: asyncio.Event) -> None:
        """Send mails until `down`; KafkaError when Kafka cannot be worked with."""
        work = asyncio.ensure_future(self._work(down))
        stop = asyncio.ensure_future(down.wait())
        try:
            await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
            # It looks at `down` by itself, but where Kafka is away.
            await asyncio.wait([work], timeout=self._settings.mail_stop_s)
            if work.done():
                work.result()
        finally:
            stop.cancel()
            work.cancel()
            await asyncio.wait([work, stop])
            await self.settle()
            await self._intake.stop()
            await self._connections.close()
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._producer.stop(), self._settings.mail_stop_s)

    async def settle(self) -> None:
        """Wait for the mails under way; those that take too long are abandoned."""
        hopeless = self._connections.away and self._settings.mail_delivery != AT_MOST_ONCE  # and nothing is lost
        if self._begun and not hopeless:
            await asyncio.wait(self._begun, timeout=self._settings.mail_stop_s)
        for task in self._begun:
            task.cancel()
        if self._begun:
            await asyncio.wait(self._begun, timeout=BURY_S + 1)

    async def _work(self, down: asyncio.Event) -> None:
        await self._producer.start()
        await self._intake.start()
        committer = asyncio.create_task(self._intake.keep_committed())
        try:
            while not down.is_set():
                if committer.done():
                    committer.result()
                if self._trouble:
                    raise self._trouble
                if room := self._settings.mail_in_flight - len(self._begun):
                    await self._intake.take(room, self._begin)
                else:
                    await asyncio.wait(self._begun, timeout=FULL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            committer.cancel()

    def _begin(self, record: Any) -> None:
        task = asyncio.create_task(self._handle(record, self._last.get(record.key)))
        self._begun.add(task)
        self._last[record.key] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._begun.discard(task)
            if self._last.get(record.key) is task:
                del self._last[record.key]
            if not task.cancelled() and task.exception():
                self._trouble = task.exception()

        task.add_done_callback(ended)

    async def _handle(self, record: Any, before: "asyncio.Task[None] | None") -> None:
        try:
            if before:
                await asyncio.wait([before])
            await self._send(record)
        except asyncio.CancelledError:
            if self._settings.mail_delivery == AT_MOST_ONCE:  # nobody will try it again
                await self._abandon(record)
            raise
        self._intake.done(record)

    async def _send(self, record: Any) -> None:
        try:
            email = codec_orders.emails.decode(record.value)
            mail = compose(email, self._settings.mail_from, record.timestamp)
        except (Undecodable, Unsendable) as error:
            await self._bury(record, str(error), 1)
            return
        outcome, attempts = await self._delivery.deliver(mail, email.to)
        match outcome:
            case Sent():
                self.sent += 1
            case Refused(why):
                await self._bury(record, why, attempts)
            case Doubtful(why):
                await self._bury(record, f"It may have been sent: {why}", attempts)

    async def _abandon(self, record: Any) -> None:
        why = "Abandoned before the server had answered: it may have been sent."
        try:
            await asyncio.wait_for(self._bury(record, why, 1), BURY_S)
        except (KafkaError, TimeoutError) as error:
            where = (record.topic, record.partition, record.offset)
            log.error("%s-%d:%d may be neither mail nor dead letter: Kafka does not take it (%r)", *where, error)  # noqa: TRY400

    async def _bury(self, record: Any, error: str, attempts: int) -> None:
        log.warning("%s-%d:%d is a dead letter: %s", record.topic, record.partition, record.offset, error)
        topic, headers = self._settings.topic_prefix + topics.dead_letters.name, about(record, AGENT, error, attempts)
        await self._producer.send_and_wait(topic, record.value, record.key, headers=headers)
        self.buried += 1
