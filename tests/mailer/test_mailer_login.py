"""A mail server that wants TLS and a login gets both; a wrong password costs no mail."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mailer.conftest import Mailers
from tests.mailer.server import Server, login, tls
from tests.workers import eventually


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-keyout", key, "-out", certificate]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *made]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


async def test_mails_go_over_starttls_with_a_login_and_wait_while_the_password_is_wrong(
    broker: str, tmp_path: Path, unique: Callable[[str], str], certificate: tuple[str, str]
) -> None:
    options = {"tls_context": tls(*certificate), "require_starttls": True, **login("shop", "s:cret")}
    async with Server(**options) as server, Mailers(broker, tmp_path, unique("mailer"), server) as mailers:
        await mailers.put("ORD-1")
        cafile = {"KAWKA_SMTP_CAFILE": certificate[0]}
        url = f"@127.0.0.1:{server.port}"
        wrong = mailers.start(KAWKA_SMTP_URL=f"smtp://shop:guess{url}", **cafile)

        async def refused() -> bool:
            return "takes no mails" in wrong.log.read_text()

        await eventually(refused)
        await wrong.stop()
        assert (server.mails, await mailers.committed()) == ([], 0)
        assert "guess" not in wrong.log.read_text()
        mailers.start(KAWKA_SMTP_URL=f"smtp://shop:s%3Acret{url}", **cafile)
        await mailers.taken(1)
        await mailers.settled_at(1)


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    broker: str, tmp_path: Path, unique: Callable[[str], str], certificate: tuple[str, str]
) -> None:
    options = {"tls_context": tls(*certificate), "require_starttls": True}
    async with Server(**options) as server, Mailers(broker, tmp_path, unique("mailer"), server) as mailers:
        await mailers.put("ORD-1")
        mailer = mailers.start()

        async def refused() -> bool:
            return "CERTIFICATE_VERIFY_FAILED" in mailer.log.read_text()

        await eventually(refused)
        assert server.mails == []
