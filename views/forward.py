"""Bringing a request to the worker that owns what it is about, and staying with it while ownership moves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from aiohttp.web import Request, Response, StreamResponse
from aiokafka.errors import KafkaError
from yarl import URL

from app.engine.agent import Agent
from app.engine.answers import NotOwnerError
from app.engine.app import App
from app.engine.task import Task
from views.callers import HOP, Caller
from views.problems import Problem, not_ready

log = logging.getLogger(__name__)
CONNECT_S: Final = 1.0
AGAIN_S: Final = (0.01, 0.02, 0.05, 0.1)  # between two looks for an owner; the last goes on
GRACE_S: Final = 0.25  # the owner's own "not in time" may arrive this much later than ours
WHOLE_BYTES: Final = 1 << 20  # an answer up to this size is read before any of it is passed on
_PASSED: Final = ("Content-Type", "Kawka-Position", "Prefer")
_RETURNED: Final = (
    "Content-Type", "Cache-Control", "X-Content-Type-Options", "Kawka-Position", "Kawka-Served-By", "Location",
    "Retry-After",
)  # fmt: skip

Here = Callable[[Task], Awaitable[Response]]


class _MovedError(Exception):
    """What was asked of another worker is now owned elsewhere."""


class Peers:
    """The other workers: one client that keeps connections open; calls whose owner changes meanwhile come back."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._client: aiohttp.ClientSession | None = None
        self._watched: dict[asyncio.Task[Any], tuple[Agent, int, str]] = {}
        self._moved: set[asyncio.Task[Any]] = set()
        token = app.settings.api_token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def start(self) -> None:
        """Open the client on the running loop."""
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            auto_decompress=False,
        )
        self._app.on_partitions_assigned.connect(self._on_assigned, weak=False)

    async def stop(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.close()

    @asynccontextmanager
    async def call(
        self, method: str, url: URL, within_s: float, *, headers: dict[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask another worker. Raises aiohttp.ClientError or TimeoutError when it does not answer in time."""
        assert self._client is not None
        async with self._client.request(
            method,
            url,
            data=body,
            headers={**self._headers, HOP: f"{max(within_s, 0.001):.3f}", **headers},
            timeout=aiohttp.ClientTimeout(total=within_s + GRACE_S, connect=CONNECT_S),
            allow_redirects=False,
        ) as answer:
            yield answer

    async def relay(
        self,
        request: Request,
        agent: Agent,
        partition: int,
        owner: str,
        within_s: float,
        body: bytes | None,
        headers: dict[str, str],
    ) -> StreamResponse | None:
        """Have the owner answer the request. None: it does not, or is not the owner, so look for the owner anew."""
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers} | headers
        me = asyncio.current_task()
        assert me is not None
        self._watched[me] = (agent, partition, owner)
        try:
            url = URL(owner + request.raw_path, encoded=True)
            async with self.call(request.method, url, within_s, headers=headers, body=body) as answer:
                if answer.status == 503:
                    return None
                kept = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
                if (answer.content_length or 0) <= WHOLE_BYTES and request.method != "HEAD":
                    return Response(status=answer.status, body=await answer.read(), headers=kept)
                return await _stream(request, answer, kept)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            log.info("%s did not answer %s %s: %r", owner, request.method, request.path, error)
            return None
        except asyncio.CancelledError:
            if me in self._moved and not me.uncancel():
                return None
            raise
        finally:
            self._moved.discard(me)
            del self._watched[me]

    async def _on_assigned(self, *_: Any, **__: Any) -> None:
        """Call back those who wait for a worker that owns their partition no more: it may be frozen, or gone."""
        for call, (agent, partition, owner) in tuple(self._watched.items()):
            if self._app.owners.url(agent, partition) != owner and call not in self._moved:
                self._moved.add(call)
                call.cancel()


class Owned:
    """Answers requests about one key or partition wherever they come in."""

    def __init__(self, app: App, peers: Peers) -> None:
        self.app = app
        self._peers = peers

    async def answer(
        self,
        request: Request,
        agent: Agent,
        partition: int,
        caller: Caller,
        here: Here,
        *,
        late: Problem | None = None,
        nobody: Problem | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> StreamResponse:
        """Have the partition's owner answer: with `here` when it is this worker, else over HTTP, with more headers.

        `here` may raise NotOwnerError at any time: the next owner is asked then, until the caller's time is over.
        Then raises `late` when the owner took too long, `nobody` when there was none; 503 where they are None.
        """
        tasks, owners = self.app.tasks, self.app.owners
        pauses = iter(AGAIN_S)
        while True:
            task = tasks.get(agent.name, partition)
            if task is not None and task.serving:
                try:
                    async with asyncio.timeout_at(caller.deadline):
                        return await here(task)
                except TimeoutError:
                    raise late or self._nobody(agent, partition) from None
                except NotOwnerError:
                    pass
                except KafkaError as error:
                    log.warning("%r could not answer: %r", task, error)
            if caller.hop:
                raise self._nobody(agent, partition)
            owner, why = owners.url(agent, partition), nobody
            if owner is not None and owner != self.app.url and caller.seconds_left:
                left, more = caller.seconds_left, headers or {}
                answer = await self._peers.relay(request, agent, partition, owner, left, body, more)
                if answer is not None:
                    return answer
                why = late
            if not caller.seconds_left:
                raise why or self._nobody(agent, partition)
            await asyncio.sleep(min(next(pauses, AGAIN_S[-1]), caller.seconds_left))

    def _nobody(self, agent: Agent, partition: int) -> Problem:
        task = self.app.tasks.get(agent.name, partition)
        left = None if task is None else task.progress.seconds_left
        detail = f"Partition {partition} of {agent.name} has no owner that is ready."
        return not_ready(detail, after_s=min(30, int(left or 0) + 1))


async def _stream(request: Request, answer: aiohttp.ClientResponse, headers: dict[str, str]) -> StreamResponse:
    response = StreamResponse(status=answer.status, headers=headers)
    response.content_length = answer.content_length
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    return response
