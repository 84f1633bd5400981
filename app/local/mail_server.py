"""The program of the local mail sink: `python -m app.local.mail_server PORT DIRECTORY`, until SIGTERM.

It takes every mail and delivers none: each is a file in the directory, the last 500 are kept.
"""

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

HOST = "127.0.0.1"
KEPT = 500
TAKEN = "250 Taken"


class Sink:
    """Keeps the last mails, the oldest first by name."""

    def __init__(self, directory: Path) -> None:
        """Mails of earlier runs count among the last."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._files = sorted(directory.glob("*.eml"))

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's
        """Keep one mail."""
        content = envelope.original_content or b""
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(seconds))}.{rest:09}.eml"
        scratch = self._directory / f"{name}.tmp"
        scratch.write_bytes(content)
        self._files.append(scratch.rename(self._directory / name))  # read by others at any moment: whole or not at all
        while len(self._files) > KEPT:
            self._files.pop(0).unlink(missing_ok=True)
        return TAKEN


async def serve(port: int, directory: Path) -> None:
    """Take mails from anybody on the loopback address."""
    sink, loop = Sink(directory), asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True, loop=loop), HOST, port
    )
    await ended.wait()
    server.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
