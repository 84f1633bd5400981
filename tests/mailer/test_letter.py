"""The mail of a record: one address, one Message-ID, the same bytes each time."""

from email import message_from_bytes, policy

import pytest

from app.domain.enriched import OrderEmail
from app.mailer.letter import Unsendable, compose, message_id

SENDER = "orders@kawka.example"
NOW = 1_800_000_000_000


def email(**changes: str) -> OrderEmail:
    fields = {"order_id": "ORD-1", "to": "ada@shop.example", "subject": "Your order ORD-1", "body": "Thank you.\n"}
    return OrderEmail(**{**fields, **changes})


def test_a_mail_says_who_sends_what_to_whom_and_when() -> None:
    mail = message_from_bytes(compose(email(), SENDER, NOW).as_bytes(), policy=policy.SMTP)
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "ada@shop.example", "Your order ORD-1")
    assert mail["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert mail["Message-ID"] == "<order.ORD-1@kawka.example>"
    assert mail.get_content().splitlines() == ["Thank you."]


def test_the_same_record_gives_the_same_bytes() -> None:
    assert compose(email(), SENDER, NOW).as_bytes() == compose(email(), SENDER, NOW).as_bytes()


def test_subject_and_body_may_hold_any_text() -> None:
    text = "Zażółć gęślą jaźń \U0001f9e6 "
    mail = message_from_bytes(compose(email(subject=text, body=text * 900), SENDER, NOW).as_bytes(), policy=policy.SMTP)
    assert mail["Subject"].split() == text.split()
    assert mail.get_content().split() == (text * 900).split()
    assert all(len(line) < 999 for line in mail.as_bytes().splitlines())


@pytest.mark.parametrize("order_id", ["a", "a.b", ".a", "a..b", "a:b", "_-:.", "x" * 64, ":" * 64])
def test_every_order_id_gives_a_message_id_of_its_own_that_survives_the_way(order_id: str) -> None:
    raw = compose(email(order_id=order_id), SENDER, NOW).as_bytes()
    assert message_from_bytes(raw, policy=policy.SMTP)["Message-ID"] == message_id(order_id, SENDER)
    assert b"=?" not in raw.split(b"Message-ID:")[1].split(b"Auto-Submitted")[0]


def test_message_ids_of_different_orders_differ() -> None:
    ids = ["a.b", "a:b", "a=b", "a_b", "a-b", "ab", "aB", "a.2Eb", "a2Eb"]
    assert len({message_id(order_id, SENDER) for order_id in ids}) == len(ids)


@pytest.mark.parametrize(
    "changes",
    [
        {"to": ""},
        {"to": "nobody"},
        {"to": "a@b.example, c@d.example"},
        {"to": "a@b.example\r\nBcc: all@shop.example"},
        {"subject": "Hello\r\nBcc: all@shop.example"},
        {"order_id": "a b"},
        {"order_id": ""},
    ],
)
def test_what_would_be_another_mail_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Unsendable):
        compose(email(**changes), SENDER, NOW)
