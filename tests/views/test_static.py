"""The pages' files: at every address of theirs, sent again only when they changed, loading nothing from elsewhere."""

import aiohttp
import pytest

ADDRESSES = ["/", "/invoices/inv-1", "/trucks", "/workers", "/topology", "/dead-letters"]


@pytest.mark.parametrize("path", ADDRESSES)
async def test_every_address_of_a_page_gives_the_index(http: aiohttp.ClientSession, web: str, path: str) -> None:
    async with http.get(web + path) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/html"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "<html" in await answer.text()


@pytest.mark.parametrize("path", ["/", "/static/vendor/preact.js", "/static/icon.svg", "/favicon.ico"])
async def test_a_file_that_is_known_is_not_sent_again(http: aiohttp.ClientSession, web: str, path: str) -> None:
    async with http.get(web + path) as answer:
        etag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
    for known in (etag, f'"other", {etag}', f"W/{etag}"):
        async with http.get(web + path, headers={"If-None-Match": known}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    async with http.get(web + path, headers={"If-None-Match": '"older"'}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("path", "kind"),
    [("vendor/preact.js", "text/javascript"), ("icon.svg", "image/svg+xml"), ("style.css", "text/css")],
)
async def test_a_file_says_what_it_is(http: aiohttp.ClientSession, web: str, path: str, kind: str) -> None:
    async with http.get(f"{web}/static/{path}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
