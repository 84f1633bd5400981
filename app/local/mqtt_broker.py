"""The program of the embedded MQTT broker: `python -m app.local.mqtt_broker PORT`, until SIGTERM."""

import asyncio
import contextlib
import logging
import signal
import sys

from amqtt.broker import Broker

HOST = "127.0.0.1"


async def serve(port: int) -> None:
    """Serve anybody on the loopback address. Sessions are kept for who gives a user name, in memory."""
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}", "max_connections": 1000}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await broker.start()
    await ended.wait()
    with contextlib.suppress(Exception):  # its farewells fail where a client went first; we are leaving anyway
        await asyncio.wait_for(broker.shutdown(), 2)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(int(sys.argv[1])))
