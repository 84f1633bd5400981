"""Bodies of requests: JSON, of bounded size, within bounded time."""

import asyncio
from typing import Final

from aiohttp import ClientPayloadError
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import Request, RequestPayloadError

from views.problems import Problem, malformed

MOST_BYTES: Final = 1 << 20
WITHIN_S: Final = 10.0


async def json_body(request: Request, within_s: float = WITHIN_S) -> bytes:
    """Read the body. Raises Problem 400, 408, 413 or 415; whether it is valid JSON is for a decoder to say."""
    if request.content_type != "application/json":
        raise Problem("unsupported-media-type", "Send the body as application/json.")
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(min(within_s, WITHIN_S)):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError as error:
        detail = "The body did not arrive in time: send it again."
        raise Problem("too-slow", detail, headers={"Connection": "close"}) from error
    except (RequestPayloadError, ClientPayloadError, HttpProcessingError) as error:
        raise malformed("The body is not encoded as its headers say.") from error
    return bytes(body)


def _too_large() -> Problem:
    return Problem("too-large", f"A body has at most {MOST_BYTES} bytes.")
