"""Takes mails from Kafka as a member of the group, and says to Kafka how far they are done.

At least once, a mail is done when it was sent or buried. At most once, Kafka hears that mails are done before the first
byte of them is sent: that commit is the permission to send them, and whoever lost the partition does not get it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from app import topics
from app.mailer.delivery import AT_MOST_ONCE
from app.mailer.progress import Progress
from app.settings import Settings

log = logging.getLogger(__name__)
POLL_MS: Final = 200
COMMIT_S: Final = 0.05  # between two commits


class Intake(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """The group's member. A rebalance waits until what was taken is settled: order per key holds over it as well."""

    def __init__(self, settings: Settings, settle: Callable[[], Awaitable[None]]) -> None:
        """`settle` ends what was begun, in time."""
        self._topic = settings.topic_prefix + topics.order_emails.name
        self._before = settings.mail_delivery == AT_MOST_ONCE
        self._settle = settle
        self._goodbye_s = settings.mail_stop_s
        self._progress: dict[TopicPartition, Progress] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._moved = asyncio.Event()
        self._taking = asyncio.Lock()
        self._consumer = AIOKafkaConsumer(
            **settings.kafka(),
            client_id=f"{settings.prefix}-mailer",
            group_id=f"{settings.prefix}.mailer",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.heartbeat_s * 1000),
            max_poll_interval_ms=2**31 - 1,  # it is not polled while the SMTP server is away, however long that is
        )

    async def start(self) -> None:
        """Join the group."""
        self._consumer.subscribe([self._topic], listener=self)
        await self._consumer.start()

    async def take(self, most: int, begin: Callable[[Any], None]) -> None:
        """Wait a moment for records, at most so many, and `begin` each of them."""
        batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=most)
        # Nothing may be awaited between these two lines: a rebalance in between would make these another's.
        async with self._taking:
            if batches and self._before and not await self._may_send(batches):
                return
            for tp, records in batches.items():
                for record in records:
                    self._progress.setdefault(tp, Progress()).take(record.offset)
                    begin(record)

    def done(self, record: Any) -> None:
        """Say that a record is dealt with."""
        if self._progress[TopicPartition(record.topic, record.partition)].done(record.offset):
            self._moved.set()

    async def keep_committed(self) -> None:
        """Commit what is done, again and again, until cancelled. KafkaError when that cannot be."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            with suppress(CommitFailedError, IllegalStateError):  # a rebalance, which commits by itself
                await self._commit()
            await asyncio.sleep(COMMIT_S)

    async def stop(self) -> None:
        """Commit what is done and leave the group, if Kafka is there."""
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._commit(), self._goodbye_s)
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._consumer.stop(), self._goodbye_s)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Settle what was begun, while the partitions are still ours."""
        log.info("%d partitions of %s may become another's", len(list(revoked)), self._topic)
        async with self._taking:
            await self._settle()
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(self._commit(), self._goodbye_s)
            self._progress.clear()
            self._committed.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Say so."""
        log.info("%d partitions of %s are ours", len(list(assigned)), self._topic)

    async def _may_send(self, batches: dict[TopicPartition, list[Any]]) -> bool:
        try:
            await self._consumer.commit({tp: records[-1].offset + 1 for tp, records in batches.items()})
        except CommitFailedError:
            return False  # they come again, to whoever owns them now
        except (KafkaError, asyncio.CancelledError):  # Kafka may have heard it all the same
            for tp, records in batches.items():
                where = (tp.topic, tp.partition, records[0].offset, records[-1].offset)
                log.error("%s-%d:%d to %d may be done for the group, and no mail was sent", *where)  # noqa: TRY400
            raise
        return True

    async def _commit(self) -> None:
        if self._before:
            return
        found = {tp: progress.position for tp, progress in self._progress.items() if progress.position is not None}
        news = {tp: position for tp, position in found.items() if self._committed.get(tp) != position}
        if news:
            await self._consumer.commit(news)
            self._committed |= news
