"""The HTTP server: every request through one guard, every error a problem, connections that end."""

import asyncio
import logging
import time
from typing import Any, Final

from aiohttp.typedefs import Handler
from aiohttp.web import (
    Application,
    AppRunner,
    BaseRequest,
    HTTPException,
    Request,
    RequestHandler,
    Server,
    StreamResponse,
    middleware,
)

from app.engine.answers import NotOwnerError
from views.metrics import HttpMetrics
from views.problems import Problem, malformed, not_ready
from views.security import Gatekeeper

log = logging.getLogger(__name__)
KEEP_ALIVE_S: Final = 75  # longer than our own client keeps a connection, so that the client closes first
LINGER_S: Final = 1.0  # how long a refused body is read on, so that its sender sees the answer
STOP_S: Final = 1.0

_HTTP: Final = {
    400: ("malformed", "The request is not one that can be understood."),
    404: ("not-found", "There is nothing at this path."),
    405: ("method-not-allowed", "This path does not take this method."),
    413: ("too-large", "The request is too large."),
    417: ("malformed", "The Expect header asks for what is not there."),
}


class Runner(AppRunner):
    """aiohttp's runner with our limits and our protocol."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            application,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGER_S,
            shutdown_timeout=STOP_S,
        )

    async def _make_server(self) -> Server:
        server = await super()._make_server()
        server.__class__ = _Server  # aiohttp has no setting for the class of its connections
        return server


class _Server(Server):
    def __call__(self) -> RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)


class Connection(RequestHandler):
    """aiohttp's connection; `waiting` is a handler that is to end when its caller leaves, where there is one."""

    __slots__ = ("waiting",)

    def __init__(self, manager: Server, *, loop: asyncio.AbstractEventLoop, **settings: Any) -> None:
        super().__init__(manager, loop=loop, **settings)
        self.waiting: asyncio.Task[Any] | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what waits for nobody now. Not every handler: a command that is half sent is better sent."""
        super().connection_lost(exc)
        if self.waiting is not None:
            self.waiting.cancel()

    def handle_error(
        self, _request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> StreamResponse:
        """Answer what is not HTTP, before any handler, with a problem too."""
        if status >= 500:
            log.error("A request failed outside its handler", exc_info=exc)
            problem = Problem("internal", "The answer could not be made; the worker's log says why.")
        else:
            problem = malformed((message or "This is not HTTP.").partition("\n")[0][:200])
        response = problem.response()
        response.force_close()
        return response


def guard(application: Application, gatekeeper: Gatekeeper, metrics: HttpMetrics) -> None:
    """Check every request, turn every refusal into a problem, and count."""

    @middleware
    async def guarded(request: Request, handler: Handler) -> StreamResponse:
        began = time.perf_counter()
        try:
            gatekeeper.check(request)
            response = await handler(request)
        except Problem as problem:
            response = problem.response()
        except HTTPException as error:
            response = _of(error).response()
        except NotOwnerError:
            response = not_ready("The partition has no owner that is ready.").response()
        except ConnectionError:
            raise  # the caller is gone
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = Problem("internal", "The answer could not be made; the worker's log says why.").response()
        metrics.answered(request, response.status, time.perf_counter() - began)
        return response

    application.middlewares.append(guarded)


def _of(error: HTTPException) -> Problem:
    code, detail = _HTTP.get(error.status, ("malformed" if error.status < 500 else "internal", error.reason))
    allow = error.headers.get("Allow")
    return Problem(code, detail, headers={"Allow": allow} if allow else None)
