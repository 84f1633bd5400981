"""A thread beside the main loop, for whatever is read from Kafka outside the group: the tasks go on meanwhile."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from app.engine.records import light_records
from app.settings import Settings

T = TypeVar("T")
FETCH_BYTES = 1 << 20  # of one partition: all of it is unpacked at once


class Sideline:
    """A thread with its own loop and Kafka clients."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sideline", daemon=True)
        self._admin: AIOKafkaAdminClient | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Close the clients and end the thread."""
        if self._thread.is_alive():
            await self.run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)

    def run(self, call: Coroutine[Any, Any, T]) -> "asyncio.Future[T]":
        """Run a coroutine on this thread's loop. Called from the main loop."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))

    # --- on this thread's loop

    async def admin(self) -> AIOKafkaAdminClient:
        """Give the one admin client."""
        if self._admin is None:
            admin = AIOKafkaAdminClient(**self._settings.kafka(), client_id="kawka-restore-admin", retry_backoff_ms=20)
            await admin.start()
            self._admin = admin
        return self._admin

    async def consumer(self) -> AIOKafkaConsumer:
        """Start a consumer of what is committed, without a group; whoever asked stops it."""
        consumer = AIOKafkaConsumer(
            **self._settings.kafka(),
            client_id="kawka-restore",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
            retry_backoff_ms=20,
        )
        await consumer.start()
        light_records(consumer)
        return consumer

    async def _close(self) -> None:
        if self._admin is not None:
            await self._admin.close()
