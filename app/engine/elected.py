"""Work that one worker does for all: the one that owns partition 0 of an agent, as the consumer group decided."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.app import App

log = logging.getLogger(__name__)
LOOK_S = 0.1
RETRY_S = (0.2, 1.0, 2.0, 5.0)
Work = Callable[[], Awaitable[None]]


class Elected:
    """Runs `work` while this worker leads, cancels it when it does not any more, begins again when it fails.

    Between two leaders there may be a moment without, or (until a lease is over) with two: the work must bear both.
    """

    def __init__(self, app: "App", name: str, agent: str, work: Work) -> None:
        self.name = name
        self.running = False
        self._app = app
        self._agent = agent
        self._work = work

    @property
    def leads(self) -> bool:
        """Whether this worker is the one."""
        task = self._app.tasks.get(self._agent, 0)
        return task is not None and task.serving

    async def run(self) -> None:
        """Follow the group's decisions until cancelled."""
        failures = 0
        while True:
            while not self.leads:
                await asyncio.sleep(LOOK_S)
            began = asyncio.get_running_loop().time()
            work: asyncio.Future[None] = asyncio.ensure_future(self._work())
            self.running = True
            try:
                while not work.done() and self.leads:
                    await asyncio.wait([work], timeout=LOOK_S)
            finally:
                self.running = False
                work.cancel()
                await asyncio.wait([work])  # not `await work`: our own cancellation must not be taken for its end
            error = None if work.cancelled() else work.exception()
            if error is None:
                continue
            failures = 0 if asyncio.get_running_loop().time() - began > RETRY_S[-1] else failures + 1
            wait_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
            log.warning("%s: %s; trying again in %s s", self.name, str(error) or repr(error), wait_s)
            await asyncio.sleep(wait_s)
