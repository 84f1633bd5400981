"""The pages for people: one index for every address of theirs, and the files it needs."""

import mimetypes
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp.web import Request, Response, UrlDispatcher

from views.problems import Problem

STATIC: Final = Path(__file__).parent / "static"
ADDRESSES: Final = (
    "/",
    "/invoices/{id}",
    "/trucks",
    "/orders",
    "/orders/{id}",
    "/workers",
    "/topology",
    "/dead-letters",
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",  # kept, but asked for with its etag each time: a new version is seen at once
}
_TYPES: Final = {".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json", ".woff2": "font/woff2"}


class _File(NamedTuple):
    stamp: tuple[int, int]
    body: bytes
    headers: dict[str, str]


class Pages:
    """Serves views/static from memory; a file that changed on disk is read again."""

    def __init__(self, root: Path = STATIC) -> None:
        self._root = root.resolve()
        self._files: dict[str, _File] = {}

    def routes(self, router: UrlDispatcher) -> None:
        """Add the addresses."""
        for address in ADDRESSES:
            router.add_get(address, self.index)
        router.add_get("/static/{path:.+}", self.file)
        router.add_get("/favicon.ico", self.icon)

    async def index(self, request: Request) -> Response:
        """Give the page; its script reads the address."""
        return self._answer(request, "index.html")

    async def icon(self, request: Request) -> Response:
        """Give what browsers ask for without being told to."""
        return self._answer(request, "icon.svg")

    async def file(self, request: Request) -> Response:
        """Give one file."""
        return self._answer(request, request.match_info["path"])

    def _answer(self, request: Request, path: str) -> Response:
        file = self._read(path)
        known = request.headers.get("If-None-Match", "")
        if file.headers["ETag"] in (tag.strip().removeprefix("W/") for tag in known.split(",")):
            return Response(status=304, headers=file.headers)
        return Response(body=file.body, headers=file.headers)

    def _read(self, path: str) -> _File:
        try:
            place = (self._root / path).resolve()
            if not place.is_relative_to(self._root):
                raise _no_file()
            about = place.stat()
            stamp = (about.st_mtime_ns, about.st_size)
            known = self._files.get(path)
            if known is not None and known.stamp == stamp:
                return known
            body = place.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a null byte
            raise _no_file() from error
        kind = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or place.suffix in {".svg", ".json"}
        headers = {
            **_HEADERS,
            "Content-Type": f"{kind}; charset=utf-8" if text else kind,
            "ETag": f'"{blake2b(body, digest_size=12).hexdigest()}"',
        }
        file = self._files[path] = _File(stamp, body, headers)
        return file


def _no_file() -> Problem:
    return Problem("not-found", "There is no such file.")
