"""A mail server that hangs holds up mails and nothing else; in the end there is one mail an order."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app import topics
from tests.mailer.server import Server
from tests.orders.shop import Shop, customer, payment, place, row
from tests.workers import Cluster, eventually

ORDERS = 120


class Suite(Cluster):
    """A worker with the order services, and a mailer beside it."""

    async def work(self) -> None:
        """Start both; the worker is ready."""
        worker = self.start()
        await self.settled(worker)
        self._program = (sys.executable, "-m", "app.cli", "mailer")
        self.start()


@pytest.mark.long
async def test_while_the_mail_server_hangs_orders_go_through_to_their_last_topic(
    broker: str, tmp_path: Path, unique: Callable[[str], str], server: Server
) -> None:
    answers = asyncio.Event()
    server.wait = answers.wait
    settings = {"KAWKA_SERVICES": "orders", "KAWKA_SMTP_URL": server.url, "KAWKA_MAIL_IN_FLIGHT": "10"}
    async with Suite(broker, tmp_path, unique("slow"), **settings) as suite:
        shop = Shop(suite)
        await shop.send(row("JUMPERS", 10_000), *(customer(str(number)) for number in range(ORDERS)))
        await suite.work()
        names = [str(number) for number in range(ORDERS)]
        await shop.send(*(place(f"o-{name}", customerId=name) for name in names))
        await shop.send(*(payment(f"p-{name}", f"o-{name}") for name in names))
        await shop.count(topics.order_emails, ORDERS)
        assert len(await shop.values(topics.orders_enriched)) == ORDERS

        async def asked() -> bool:
            return server.asked.total() > 0

        await eventually(asked, what="a mail on its way")
        assert server.mails == []
        answers.set()

        async def all_sent() -> bool:
            return len(server.mails) >= ORDERS

        await eventually(all_sent)
        assert Counter(server.ids()) == Counter(f"<order.o-{number}@kawka.example>" for number in range(ORDERS))
