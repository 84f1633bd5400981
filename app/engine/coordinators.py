"""Requests to coordinators, those of transactional ids and those of groups: sent again while one moves or is busy."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka import errors
from aiokafka.client import AIOKafkaClient

NOT_YET = (
    errors.ConcurrentTransactions,
    errors.CoordinatorLoadInProgressError,
    errors.CoordinatorNotAvailableError,
    errors.NotCoordinatorError,
)
_OTHERS = {
    88: errors.ConcurrentTransactions,  # UNSTABLE_OFFSET_COMMIT: positions of a transaction that is open
    90: errors.ProducerFenced,
}
RETRY_S = 0.005


class Coordinators:
    """Knows where they are; `patience_s` is how long they may be away."""

    def __init__(self, client: AIOKafkaClient, patience_s: float) -> None:
        self._client = client
        self._patience_s = patience_s
        self._nodes: dict[tuple[int, str], int] = {}

    async def send(self, kind: int, key: str, request: Any, code: Callable[[Any], int] | None = None) -> Any:
        """Give the answer of `key`'s coordinator. `code` reads the error out of it, where it is not in the usual place.

        Errors: ProducerFenced when another producer has the id; any other KafkaError.
        """
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while True:
            try:
                node = self._nodes.get((kind, key))
                if node is None:
                    node = self._nodes[kind, key] = await self._client.coordinator_lookup(kind, key)
                response = await self._client.send(node, request)
                error_type = error_of((code or _code)(response))
                if error_type is errors.NoError:
                    return response
                error: errors.KafkaError = error_type(key)
            except errors.KafkaError as caught:
                error = caught
            if not (isinstance(error, NOT_YET) or error.retriable) or asyncio.get_running_loop().time() > deadline:
                raise error
            if not isinstance(error, errors.ConcurrentTransactions):
                self._nodes.pop((kind, key), None)
                self._client.force_metadata_update()
            await asyncio.sleep(RETRY_S)


def _code(response: Any) -> int:
    """Give the first error of an answer; that of TxnOffsetCommit has one for each partition."""
    if hasattr(response, "error_code"):
        return int(response.error_code)
    return next((code for _, partitions, _ in response.topics for _, code, _ in partitions if code), 0)


def error_of(code: int) -> type[errors.KafkaError]:
    """Give the class of an error by its code."""
    found: type[errors.KafkaError] = _OTHERS.get(code) or errors.for_code(code)
    return found
