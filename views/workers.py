"""/api/workers: every worker of the cluster, what it owns and how that is going."""

import asyncio
import os
import socket
from typing import Any, Final

import aiohttp
import orjson
from aiohttp.web import Request, Response, UrlDispatcher
from yarl import URL

from app.engine.app import App
from app.engine.task import Task
from views.answers import json, token
from views.callers import HOP
from views.forward import Peers

WITHIN_S: Final = 1.5  # a worker itself waits up to a second for where its partitions end


class Workers:
    """All workers, each described by itself; one that does not answer, by what the group gave it."""

    def __init__(self, app: App, peers: Peers) -> None:
        self._app = app
        self._peers = peers

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/api/workers", self.index)

    async def index(self, request: Request) -> Response:
        """Describe all workers, or, to another worker, this one."""
        own = await self._own()
        if HOP in request.headers:
            return json([own])
        others = [url for url in self._app.owners.workers() if url != self._app.url]
        found = [own, *await asyncio.gather(*(self._ask(url) for url in others))]
        return json(sorted(found, key=lambda worker: str(worker["url"])))

    async def _ask(self, url: str) -> dict[str, Any]:
        try:
            async with self._peers.call("GET", URL(f"{url}/api/workers"), WITHIN_S, headers={}) as answer:
                answer.raise_for_status()
                worker: dict[str, Any] = orjson.loads(await answer.read())[0]
                return worker
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError, LookupError):
            return self._silent(url)

    async def _own(self) -> dict[str, Any]:
        ends = await self._app.tasks.ends()
        return {
            "url": self._app.url,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "generation": self._app.lease.generation,
            "records": self._app.metrics.records,
            "tasks": [
                {
                    "agent": task.agent.name,
                    "partition": task.partition,
                    "role": task.role,
                    "state": task.health,
                    "restored": task.progress.done,
                    "toRestore": task.progress.total,
                    "restoredBytes": task.progress.bytes,
                    "secondsLeft": _rounded(task),
                    "lag": task.lag(ends),
                    "parkedKeys": len(task.state.parked),
                    "position": token(task.position),
                }
                for task in sorted(self._app.tasks, key=lambda task: (task.agent.name, task.partition))
            ],
        }

    def _silent(self, url: str) -> dict[str, Any]:
        tasks = [
            {
                "agent": agent.name,
                "partition": partition,
                "role": "active",
                "state": "lost",
                "restored": None,
                "toRestore": None,
                "lag": None,
                "position": None,
            }
            for agent in self._app.own_agents()
            for partition in range(self._app.settings.partitions)
            if self._app.owners.url(agent, partition) == url
        ]
        return {"url": url, "host": None, "pid": None, "generation": None, "records": {}, "tasks": tasks}


def _rounded(task: Task) -> float | None:
    left = None if task.ready else task.progress.seconds_left
    return None if left is None else round(left, 1)
