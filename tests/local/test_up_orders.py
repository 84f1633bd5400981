"""`kawka up --only orders`: customers and stock from a database, made-up orders, and real mails about them."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.local.test_up import ports, up
from tests.workers import eventually


@pytest.mark.long
async def test_simulated_orders_end_in_mails_and_a_dead_mail_server_is_started_again(tmp_path: Path) -> None:
    async with up(tmp_path / "data", *ports(), "--workers", "1", "--only", "orders") as running:
        info = running.info
        mails = Path(info["mails"])
        assert info["postgres"].startswith("postgresql://")
        assert "mqtt" not in info

        async def some() -> bool:
            return len(list(mails.glob("*.eml"))) >= 2

        await eventually(some, 60, "two mails")
        text = min(mails.glob("*.eml")).read_text()
        assert "Message-ID: <order.ORD-" in text
        assert "@customers.example" in text
        os.kill(info["pids"]["mail"], signal.SIGKILL)

        async def another() -> bool:
            return running.now()["pids"].get("mail", info["pids"]["mail"]) != info["pids"]["mail"]

        await eventually(another, 30, "another mail server")
        assert running.now()["smtp"] == info["smtp"]
        before = len(list(mails.glob("*.eml")))

        async def more() -> bool:
            return len(list(mails.glob("*.eml"))) > before

        await eventually(more, 60, "more mails")
        mailer = psutil.Process(info["pids"]["mailer"])
        last = running.now()["pids"]["mail"]
    assert not mailer.is_running()
    assert not psutil.pid_exists(last)
    assert "sent, 0 dead letters" in (tmp_path / "data" / "logs" / "mailer.log").read_text()
