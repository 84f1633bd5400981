"""Calls from the command line to a worker's HTTP API: whichever worker answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import click
import msgspec

from app.local.cluster import pid_file, web_url
from app.settings import Settings

TIMEOUT_S = 30

url_option = click.option("--url", help="A worker's web; otherwise that of the running `kawka up`, or of the settings.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the JSON answer.")


class CallError(Exception):
    """An answer that is no success, or none at all; the message is one sentence for people."""


def call(
    method: str, path: str, url: str | None = None, body: bytes | None = None, params: dict[str, str] | None = None
) -> Any:
    """Call any worker and give the decoded JSON; CallError with the problem's own words otherwise."""
    settings = Settings.from_env()
    return asyncio.run(_call(method, path, [url.rstrip("/")] if url else _urls(settings), settings, body, params or {}))


async def _call(
    method: str, path: str, urls: list[str], settings: Settings, body: bytes | None, params: dict[str, str]
) -> Any:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if settings.api_token:
        headers["Authorization"] = f"Bearer {settings.api_token}"
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as http:
        for url in urls:
            try:
                async with http.request(method, url + path, data=body, params=params) as answer:
                    return _answer(answer.status, await answer.read())
            except aiohttp.ClientConnectorError:
                continue  # that worker is gone, another answers the same
            except (aiohttp.ClientError, TimeoutError) as error:
                raise CallError(f"{url} broke off: {str(error) or 'no answer in time'}.") from error
    raise CallError(f"No worker answers at {', '.join(urls)}: is `kawka up` running?")


def _answer(status: int, body: bytes) -> Any:
    try:
        content = json.loads(body)
    except ValueError:
        content = {}
    if status < 400:
        return content
    code = content.get("code", f"HTTP {status}")
    raise CallError(f"{code}: {content.get('detail') or content.get('title') or body[:200].decode(errors='replace')}")


def _urls(settings: Settings) -> list[str]:
    running = _running(settings.data_dir)
    return running or [web_url(settings.web_host, settings.web_port)]


def _running(data_dir: Path) -> list[str]:
    """Find the webs of the `kawka up` of this directory, none while there is none."""
    try:
        content = (data_dir / "up.json").read_bytes()
    except OSError:
        return []
    urls: list[str] = msgspec.json.decode(content)["web"]
    return urls if pid_file(data_dir).owner() else []
