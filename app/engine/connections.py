"""A connection to Kafka that has just broken says so as aiokafka expects it to.

For a turn or two of the loop after the socket is gone, aiokafka's connection still counts as connected. asyncio takes
what is written then and drops it; uvloop raises RuntimeError, which aiokafka lets through: its task that keeps the
metadata dies of it without a word, and whoever waits for metadata afterwards, as a consumer that looks for its group
does, waits for ever.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

Send = Callable[..., Awaitable[Any]]


def _as_promised(send: Send) -> Send:
    """Have a method of AIOKafkaConnection raise KafkaConnectionError when the connection is gone."""

    @functools.wraps(send)
    def sent(self: Any, *args: Any, **options: Any) -> Awaitable[Any]:
        try:
            return send(self, *args, **options)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error

    return sent


AIOKafkaConnection.send = _as_promised(AIOKafkaConnection.send)
AIOKafkaConnection._send_sasl_token = _as_promised(AIOKafkaConnection._send_sasl_token)
