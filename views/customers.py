"""/api/customers: who orders, and what it comes to in the session that fraud watches."""

import time
from typing import Any, Final

import msgspec
from aiohttp.web import Request, Response, UrlDispatcher

from app.domain.fraud import GAP_MS, LIMIT, Activity
from app.engine.agent import Agent
from tables.customers import customers, fraud_sessions
from views.answers import raw_json
from views.callers import caller, flag, whole_number
from views.ranges import MOST, Entry
from views.scan import Scans

PAGE: Final = 100
MOST_CUSTOMERS: Final = 10_000
_activity: Final = msgspec.json.Decoder(Activity)


class Customers:
    """The customers of the cluster: as the database has them, with what they ordered lately."""

    def __init__(self, scans: Scans, enrichment: Agent, fraud: Agent) -> None:
        self._scans = scans
        self._enrichment = enrichment
        self._fraud = fraud

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/api/customers", self.index)

    async def index(self, request: Request) -> Response:
        """List customers, those with the highest running total first: the one of a session that is not over."""
        asked, partial = caller(request), flag(request, "partial")
        limit = whole_number(request, "limit", PAGE, 1, MOST)
        rows = await self._scans.all(self._enrichment, customers, asked, MOST_CUSTOMERS, partial=partial)
        seen = await self._scans.all(self._fraud, fraud_sessions, asked, MOST_CUSTOMERS, partial=partial)
        known, active = _by_key(rows.entries), _by_key(seen.entries)
        now_ms = int(time.time() * 1000)
        items = [_about(key, known.get(key), active.get(key), now_ms) for key in {**known, **active}]
        items.sort(key=lambda item: (-item["running"], item["customerId"]))
        body = {"items": [_public(item) for item in items[:limit]], "customers": len(items), "limit": str(LIMIT)}
        more = {"missing": sorted({*rows.missing, *seen.missing})} if partial else {}
        return raw_json(msgspec.json.encode({**body, **more}))


def _by_key(entries: list[Entry]) -> dict[bytes, bytes]:
    return {entry.key: entry.value for entry in entries}


def _about(key: bytes, row: bytes | None, activity: bytes | None, now_ms: int) -> dict[str, Any]:
    """Put together what two tables know. A session that is over runs no more, but is still the last there was."""
    sessions = () if activity is None else _activity.decode(activity).sessions
    last = sessions[-1] if sessions else None
    open_ = last is not None and last.end + GAP_MS > now_ms
    return {
        "customerId": key.decode(errors="replace"),
        "customer": None if row is None else msgspec.Raw(row),
        "session": last,
        "open": open_,
        "running": last.total if last is not None and open_ else 0,
    }


def _public(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "running"}
