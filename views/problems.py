"""What a call answers when it cannot give what was asked: RFC 9457 problems, one table of kinds."""

from typing import Any, Final

import orjson
from aiohttp.web import Response

from views.answers import HEADERS

KINDS: Final[dict[str, tuple[int, str]]] = {
    "malformed": (400, "The request is malformed"),
    "unauthorized": (401, "A token is needed"),
    "foreign-origin": (403, "Another site's page may not call this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done here"),
    "too-slow": (408, "The body did not arrive in time"),
    "version-conflict": (409, "Somebody changed it meanwhile"),
    "command-id-reused": (409, "The command id was used for another command"),
    "order-exists": (409, "The id was used for another order"),
    "final": (409, "The order is final"),
    "not-validated": (409, "The order is not validated"),
    "no-verdict": (409, "The order gets no verdict"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be JSON"),
    "foreign-host": (421, "This is not the host that was called"),
    "parked": (423, "It waits behind a dead letter"),
    "internal": (500, "Something is broken here"),
    "not-ready": (503, "Nobody can answer yet"),
    "too-many-waiting": (503, "Too many calls wait here"),
    "not-decided": (504, "Not decided in time"),
    "not-reached": (504, "Not as new as was asked, in time"),
    "not-there": (504, "Not there in time"),
}
"""Code -> status and title. A code that is not here is a rule's own: 422, and its title is made of it."""


class Problem(Exception):
    """An answer that is no success. `members` with the value None are left out."""

    def __init__(self, code: str, detail: str, *, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.members = members
        self.status, self.title = KINDS.get(code, (422, code.replace("-", " ").capitalize()))

    def response(self) -> Response:
        """Give the HTTP answer: application/problem+json."""
        body = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **{name: value for name, value in self.members.items() if value is not None},
        }
        headers = {**HEADERS, "Content-Type": "application/problem+json", **self.headers}
        return Response(status=self.status, body=orjson.dumps(body), headers=headers)


def malformed(detail: str, field: str | None = None) -> Problem:
    """Say what is wrong with a request, and where."""
    return Problem("malformed", detail, field=field)


def not_ready(detail: str, after_s: int = 1, **members: Any) -> Problem:
    """Say that nobody can answer now, and when to ask again."""
    return Problem("not-ready", detail, headers={"Retry-After": str(after_s)}, **members)
