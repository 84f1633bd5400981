"""Ours, as a contender: `kawka worker`, with the settings it comes with, or tuned."""

import aiohttp

from app import topics
from app.local.process import free_port
from benchmarks.peers.contender import Contender, Restored
from benchmarks.peers.stage import Stage
from benchmarks.worker import Worker, command


class Kawka(Contender):
    """Some workers of ours, a process each."""

    def __init__(self, workers: int, **tuned: int) -> None:
        self.key = "kawka-tuned" if tuned else f"kawka-{workers}"
        self.system = f"Kawka, exactly once, {'tuned, ' if tuned else ''}{workers} worker{'s' if workers > 1 else ''}"
        self.workers = self.processes = workers
        self._tuned = tuned
        self.settings = {f"KAWKA_{name.upper()}": str(value) for name, value in tuned.items()}

    def start(self, stage: Stage, number: int) -> Worker:
        """Start a worker; the web is on, idempotency and history are on."""
        port, data_dir = free_port(), stage.directory / f"data-{number}"
        settings = stage.settings(data_dir=data_dir, web_port=port, **self._tuned)
        env = {name: value for name, value in settings.env().items() if value}
        return Worker(command(), env, data_dir, stage.directory / f"process-{number}.log", f"http://127.0.0.1:{port}")

    def changelog(self, stage: Stage) -> str:
        """Name the topic of its snapshots."""
        return stage.topic(topics.invoice_snapshots)

    def by_type(self, stage: Stage) -> str:
        """Name the topic from which windows are counted."""
        return stage.topic(topics.dangerous_by_type)

    def trucks(self, stage: Stage) -> str:
        """Name the changelog of the trucks."""
        return stage.topic(topics.changelog("trucks"))

    async def owned(self, worker: Worker) -> set[int]:
        """Ask the worker."""
        return {task["partition"] for task in await _tasks(worker)}

    async def restored(self, worker: Worker) -> Restored:
        """Ask the worker."""
        tasks = await _tasks(worker)
        ready = bool(tasks) and all(task["state"] == "ready" for task in tasks)
        return Restored(sum(task["restored"] for task in tasks), ready)


async def _tasks(worker: Worker) -> list[dict[str, object]]:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{worker.url}/api/workers") as answer:
            workers = await answer.json() if answer.status == 200 else []
    except (aiohttp.ClientError, TimeoutError):
        return []
    return [task for one in workers if one["url"] == worker.url for task in one["tasks"]]
