"""What was said lately under one key, from the end of its topic: no table holds it, and any worker can tell."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import orjson
from aiohttp.web import Request, Response

from app.engine.app import App
from app.topics import Topic
from views.answers import array, raw_json
from views.callers import caller, path_id, whole_number
from views.reader import DEEPEST, for_a_caller, latest

PAGE: Final = 50
MOST: Final = 500


async def history(app: App, request: Request, topic: Topic) -> Response:
    """Answer {items: [{position, event}], depth}: the last records of the id in the path, oldest first.

    `depth`: how many records of the partition were looked at, at most. Raises Problem 400, 503 or 504.
    """
    key = path_id(request).encode()
    limit = whole_number(request, "limit", PAGE, 1, MOST)
    records = await recent(app, request, topic, [app.owners.partition(key)], limit, key)
    items = array(
        b'{"position":%b,"event":%b}' % (orjson.dumps(f"{r.topic}-{r.partition}:{r.offset}"), r.value)
        for r in whole(records)
    )
    return raw_json(b'{"items":%b,"depth":%d}' % (items, DEEPEST))


async def recent(
    app: App,
    request: Request,
    topic: Topic,
    partitions: Iterable[int],
    limit: int,
    key: bytes | None = None,
    depth: int = DEEPEST,
) -> list[Any]:
    """Read the end of a topic for a caller. Raises Problem 503 or 504."""
    asked = caller(request)
    with for_a_caller():
        return await latest(app, topic, partitions, limit, asked.deadline, key, depth)


def whole(records: Iterable[Any]) -> Iterable[Any]:
    """Leave out what is no JSON: it is a dead letter, not history."""
    for record in records:
        try:
            msgspec.json.decode(record.value, type=msgspec.Raw)
        except (msgspec.MsgspecError, ValueError):
            continue
        yield record
