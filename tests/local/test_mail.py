"""The demonstration's mail server takes every mail and keeps the last ones as files."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from app.local.errors import LocalError
from app.local.mail import LocalMail
from app.local.mail_server import KEPT


def send(mail: LocalMail, *subjects: str) -> None:
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=20) as smtp:
        for subject in subjects:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = "a@shop.example", "b@shop.example", subject
            message.set_content("Hello.")
            smtp.send_message(message)


def subjects(directory: Path) -> list[str]:
    lines = [line for path in sorted(directory.iterdir()) for line in path.read_text().splitlines()]
    return [line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")]


async def test_mails_become_files_and_the_last_ones_are_kept_over_a_restart(tmp_path: Path) -> None:
    async with LocalMail(tmp_path / "mail", tmp_path / "mail.log") as mail:
        send(mail, "first", "second")
        assert subjects(mail.directory) == ["first", "second"]
        pid = mail.pid
    assert not psutil.pid_exists(pid)
    async with LocalMail(tmp_path / "mail", tmp_path / "mail.log") as mail:
        send(mail, *(f"number {number}" for number in range(KEPT - 1)))
        kept = subjects(mail.directory)
    assert kept == ["second", *(f"number {number}" for number in range(KEPT - 1))]


async def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    async with LocalMail(tmp_path / "mail", tmp_path / "mail.log") as mail:
        with pytest.raises(LocalError, match=rf"Port {mail.port} for mails is in use"):
            await LocalMail(tmp_path / "other", tmp_path / "other.log", mail.port).start()
