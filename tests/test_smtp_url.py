"""KAWKA_SMTP_URL: where the mail server is, who we are there, and when TLS is used."""

import pytest

from app.settings import Settings, SettingsError, describe
from app.smtp_url import SmtpUrl


def test_the_scheme_says_whether_tls_is_used_and_which_port_is_usual() -> None:
    assert SmtpUrl.parse("smtp://mail") == SmtpUrl("mail", 25)
    assert SmtpUrl.parse("smtps://mail") == SmtpUrl("mail", 465, tls=True)
    assert SmtpUrl.parse("smtp://[::1]:2525/") == SmtpUrl("::1", 2525)


def test_tls_is_begun_where_it_is_offered_unless_the_url_says_always_or_never() -> None:
    assert SmtpUrl.parse("smtp://mail:587").starttls is None
    assert SmtpUrl.parse("smtp://mail:587?starttls=always").starttls is True
    assert SmtpUrl.parse("smtp://mail:587?starttls=never").starttls is False


def test_a_password_leaves_this_machine_over_tls_only() -> None:
    assert SmtpUrl.parse("smtp://kawka:secret@mail:587").starttls is True
    assert SmtpUrl.parse("smtp://kawka:secret@127.0.0.1").starttls is None
    assert SmtpUrl.parse("smtp://kawka:secret@localhost").starttls is None
    assert SmtpUrl.parse("smtp://kawka:secret@mail?starttls=never").starttls is False


def test_user_and_password_may_hold_any_character_and_are_never_shown() -> None:
    url = SmtpUrl.parse("smtps://shop%40eu:p%3Aq%2F@mail")
    assert (url.username, url.password) == ("shop@eu", "p:q/")
    assert url.shown == "smtps://mail:465"
    rows = {row["name"]: row["value"] for row in describe(Settings(smtp_url="smtp://a:b@mail"))}
    assert rows["KAWKA_SMTP_URL"] == "***"


@pytest.mark.parametrize(
    "url",
    ["mail:25", "http://mail", "smtp://", "smtp://a:99999", "smtp://a/b", "smtp://a?tls=1", "smtp://[",
     "smtps://a?starttls=always"],
)  # fmt: skip
def test_what_is_no_address_of_a_mail_server_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^KAWKA_SMTP_URL cannot be used: .*\.$"):
        Settings.from_env({"KAWKA_SMTP_URL": url})


@pytest.mark.parametrize("address", ["", "orders", "a b@c.example", "Kawka <a@b.example>", "a@b\n"])
def test_mails_come_from_one_plain_address(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^KAWKA_MAIL_FROM="):
        Settings.from_env({"KAWKA_MAIL_FROM": address})
