"""A lean HTTP client: requests one after the other on each of some connections, in a process of its own.

`python -m benchmarks.hammer HOST PORT CONNECTIONS RATE FILE < requests`: a line of JSON each, [method, path, body].
RATE 0: as fast as the answers come. FILE gets [[status, sent ns, answered ns], ...] as JSON.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec
import uvloop

Request = tuple[str, str, str]
Answer = tuple[int, int, int]


class Connection:
    """One kept-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def ask(self, request: Request) -> Answer:
        """Send a request and read its answer to the end."""
        method, path, body = request
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Length: {len(body)}\r\n"
        sent = time.monotonic_ns()
        self._writer.write(f"{head}Content-Type: application/json\r\n\r\n{body}".encode())
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await self._reader.readexactly(length)
        return int(answer[9:12]), sent, time.monotonic_ns()


async def hammer(host: str, port: int, connections: int, rate: float, requests: list[Request]) -> list[Answer]:
    """Ask all requests; at a rate each is due at its moment, and the wait counts from then."""
    began = time.monotonic_ns()
    todo = iter(enumerate(requests))
    answers: list[Answer] = []

    async def work() -> None:
        connection = Connection(host, port)
        await connection.open()
        for number, request in todo:
            due = began + int(number * 1e9 / rate) if rate else 0
            early = (due - time.monotonic_ns()) / 1e9
            if early > 0:
                await asyncio.sleep(early)
            status, sent, answered = await connection.ask(request)
            answers.append((status, due or sent, answered))

    await asyncio.gather(*(work() for _ in range(connections)))
    return answers


def main() -> None:
    """Do what the command line says."""
    host, port, connections, rate, file = sys.argv[1:]
    requests = [msgspec.json.decode(line, type=Request) for line in sys.stdin.buffer]
    answers = uvloop.run(hammer(host, int(port), int(connections), float(rate), requests))
    Path(file).write_bytes(msgspec.json.encode(answers))


if __name__ == "__main__":
    main()
