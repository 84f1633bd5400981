"""Mails of order-emails are sent by a process of its own; what the server refuses is a dead letter."""

import random
import signal
from collections import defaultdict

import pytest

from tests.mailer.conftest import SENT_AT, Mailers
from tests.mailer.server import OK
from tests.workers import eventually

BOTH = pytest.mark.parametrize("delivery", ["at-least-once", "at-most-once"])


@BOTH
async def test_every_mail_is_sent_once_also_over_an_orderly_restart(mailers: Mailers, delivery: str) -> None:
    await mailers.put(*(f"ORD-{number}" for number in range(60)))
    mailer = mailers.start(KAWKA_MAIL_DELIVERY=delivery)
    await mailers.taken(60)
    mailer.signal(signal.SIGTERM)
    assert await mailer.gone(60) == 0
    assert await mailers.committed() == 60
    await mailers.put("ORD-60")
    mailer.start(KAWKA_MAIL_DELIVERY=delivery)
    await mailers.taken(61)
    await mailers.settled_at(61)
    assert sorted(mailers.server.ids()) == sorted(f"<order.ORD-{number}@kawka.example>" for number in range(61))
    mail = next(mail for mail in mailers.server.mails if "ORD-60@" in mail["Message-ID"])
    assert (mail["To"], mail["Subject"]) == ("ada@shop.example", "Your order ORD-60")
    assert mail.get_content().strip() == "Thank you for ORD-60."


@BOTH
async def test_what_the_server_refuses_for_good_is_a_dead_letter_with_where_it_was(
    mailers: Mailers, delivery: str
) -> None:
    mailers.server.rcpt = lambda to: OK if to.startswith("ada") else "550 5.1.1 No such mailbox"
    await mailers.put("ORD-1", "ORD-2")
    await mailers.put("ORD-3", to="nobody@shop.example")
    await mailers.put("ORD-4", raw=b'{"orderId": 4')
    await mailers.put("ORD-5", to="two@shop.example, addresses@shop.example")
    await mailers.put("ORD-6")
    mailers.start(KAWKA_MAIL_DELIVERY=delivery)
    letters = {letter.key: letter for letter in await mailers.dead(3)}
    await mailers.taken(3)
    await mailers.settled_at(6)
    assert set(letters) == {b"ORD-3", b"ORD-4", b"ORD-5"}
    headers = dict(letters[b"ORD-3"].headers)
    assert headers["error"] == b"550 5.1.1 No such mailbox"
    assert headers["source-topic"].decode() == f"{mailers.name}-order-emails"
    assert headers["source-offset"].isdigit()
    assert headers["source-partition"].isdigit()
    assert (headers["agent"], headers["attempts"], headers["position"]) == (b"mailer", b"1", b"orders-1:5")
    assert letters[b"ORD-4"].value == b'{"orderId": 4'
    assert mailers.server.asked["nobody@shop.example"] == 1


async def test_what_the_server_refuses_for_now_is_tried_again_and_given_up_in_the_end(mailers: Mailers) -> None:
    asked = mailers.server.asked
    mailers.server.rcpt = lambda to: "451 Later" if to.startswith("never") or asked[to] < 3 else OK
    await mailers.put("ORD-1")
    await mailers.put("ORD-2", to="never@shop.example")
    mailers.start(KAWKA_MAIL_GIVE_UP_S="5")
    (letter,) = await mailers.dead(1)
    headers = dict(letter.headers)
    assert (letter.key, headers["error"]) == (b"ORD-2", b"451 Later (for 5 s)")
    assert int(headers["attempts"]) == asked["never@shop.example"] >= 3
    await mailers.taken(1)
    assert asked["ada@shop.example"] == 3


async def test_mails_wait_for_a_server_that_is_away_and_for_one_that_goes_in_between(mailers: Mailers) -> None:
    await mailers.server.stop()
    await mailers.put(*(f"ORD-{number}" for number in range(40)))
    mailer = mailers.start(KAWKA_MAIL_IN_FLIGHT="10")

    async def complains() -> bool:
        return "takes no mails" in mailer.log.read_text()

    await eventually(complains)
    assert await mailers.committed() == 0
    mailers.server.delay_s = 0.05
    await mailers.server.start()
    await mailers.taken(10)
    await mailers.server.stop()
    await mailers.server.start()
    await mailers.settled_at(40)
    assert len(set(mailers.server.ids())) == 40
    assert mailer.log.read_text().count("takes no mails") <= 3


@BOTH
async def test_a_mail_without_an_answer_is_sent_again_at_least_once_and_buried_at_most_once(
    mailers: Mailers, delivery: str
) -> None:
    mailers.server.mute.add("mute@shop.example")
    await mailers.put("ORD-1", to="mute@shop.example")
    await mailers.put("ORD-2")
    mailers.start(KAWKA_MAIL_DELIVERY=delivery)
    await mailers.settled_at(2)
    if delivery == "at-least-once":
        await mailers.taken(3)
    else:
        (letter,) = await mailers.dead(1)
        assert letter.key == b"ORD-1"
        assert dict(letter.headers)["error"].startswith(b"It may have been sent: ")
        await mailers.taken(2)
    copies = mailers.server.ids().count("<order.ORD-1@kawka.example>")
    assert copies == (2 if delivery == "at-least-once" else 1)


@pytest.mark.long
@BOTH
async def test_a_mailer_told_to_stop_does_not_wait_for_a_server_that_hangs(mailers: Mailers, delivery: str) -> None:
    mailers.server.delay_s = 3600
    await mailers.put(*(f"ORD-{number}" for number in range(5)))
    mailer = mailers.start(KAWKA_MAIL_DELIVERY=delivery, KAWKA_MAIL_STOP_S="3")

    async def under_way() -> bool:
        return mailers.server.asked.total() > 0

    await eventually(under_way)
    mailer.signal(signal.SIGTERM)
    assert await mailer.gone(40) == 0
    mailers.server.delay_s = 0
    await mailers.put("ORD-5")
    mailer.start(KAWKA_MAIL_DELIVERY=delivery)
    await mailers.settled_at(6)
    if delivery == "at-least-once":
        assert len(mailers.server.mails) == 6
    else:
        letters = await mailers.dead(5)
        assert {letter.key for letter in letters} == {b"ORD-%d" % number for number in range(5)}
        assert {dict(letter.headers)["error"] for letter in letters} == {
            b"Abandoned before the server had answered: it may have been sent."
        }
        await mailers.taken(1)


async def test_one_recipient_whose_server_is_slow_holds_up_no_other(mailers: Mailers) -> None:
    mailers.server.rcpt = lambda to: "450 Greylisted" if to.startswith("slow") else OK
    await mailers.put("ORD-0", to="slow@shop.example")
    await mailers.put(*(f"ORD-{number}" for number in range(1, 50)))
    mailers.start(KAWKA_SMTP_CONNECTIONS="2")
    await mailers.taken(49)
    assert "<order.ORD-0@kawka.example>" not in mailers.server.ids()
    mailers.server.rcpt = lambda _to: OK
    await mailers.settled_at(50)
    assert "<order.ORD-0@kawka.example>" in mailers.server.ids()


async def test_mails_of_one_order_keep_their_order_while_a_bounded_number_is_under_way(mailers: Mailers) -> None:
    dice = random.Random(1)
    mailers.server.delay_s = 0.01
    mailers.server.data = lambda _to: OK if dice.random() < 0.9 else "451 Later"
    orders = [f"ORD-{number % 8}" for number in range(40)]
    for number, order in enumerate(orders):
        await mailers.put(order, to=f"n{number}@shop.example")
    mailers.start(KAWKA_SMTP_CONNECTIONS="3", KAWKA_MAIL_IN_FLIGHT="20")
    await mailers.settled_at(40)
    seen = defaultdict(list)
    for mail in mailers.server.mails:
        seen[mail["Message-ID"]].append(int(mail["To"].split("@")[0][1:]))
    assert len(seen) == 8
    assert all(numbers == sorted(numbers) and len(numbers) == 5 for numbers in seen.values())
    assert mailers.server.connections >= 3 >= mailers.server.most_at_once > 1


async def test_a_mail_is_dated_when_its_record_was_written(mailers: Mailers) -> None:
    await mailers.put("ORD-1")
    mailers.start()
    await mailers.taken(1)
    assert mailers.server.mails[0]["Date"].datetime.timestamp() * 1000 == SENT_AT


async def test_two_mailers_share_the_work_and_one_that_leaves_hands_its_part_over(mailers: Mailers) -> None:
    mailers.server.delay_s = 0.02
    first, second = mailers.start(KAWKA_MAIL_IN_FLIGHT="8"), mailers.start(KAWKA_MAIL_IN_FLIGHT="8")

    async def shared() -> bool:
        return all(" 4 partitions of" in mailer.log.read_text() for mailer in (first, second))

    await eventually(shared)
    await mailers.put(*(f"ORD-{number}" for number in range(150)))
    await mailers.taken(40)
    first.signal(signal.SIGTERM)
    assert await first.gone(60) == 0
    await mailers.settled_at(150)
    assert sorted(mailers.server.ids()) == sorted(set(mailers.server.ids()))
    assert len(mailers.server.mails) == 150
