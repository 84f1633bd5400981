"""kill -9 of the mailer: at least once, no mail is lost; at most once, none is sent twice."""

import random
import signal
from collections import Counter

import pytest

from tests.mailer.conftest import Mailers

IN_FLIGHT = 12
MAILS, DEATHS = 900, 5


async def die(mailers: Mailers, delivery: str) -> Counter[str]:
    """Send mails with a mailer that is killed so many times; how often each was taken, when all are done."""
    mailers.server.delay_s = 0.02
    await mailers.put(*(f"ORD-{number}" for number in range(MAILS)))
    settings = {"KAWKA_MAIL_DELIVERY": delivery, "KAWKA_MAIL_IN_FLIGHT": str(IN_FLIGHT)}
    mailer = mailers.start(**settings)
    dice = random.Random(MAILS)
    for death in range(1, DEATHS + 1):
        await mailers.taken(death * MAILS // (DEATHS + 2) + dice.randrange(IN_FLIGHT))
        mailer.signal(signal.SIGKILL)
        assert await mailer.gone() == -signal.SIGKILL
        mailer.start(**settings)
    await mailers.settled_at(MAILS, 120)
    mailer.signal(signal.SIGTERM)  # at most once, the last ones are done before they are sent
    assert await mailer.gone() == 0
    return Counter(mailers.server.ids())


@pytest.mark.long
async def test_at_least_once_none_is_lost_and_few_come_twice(mailers: Mailers) -> None:
    taken = await die(mailers, "at-least-once")
    assert len(taken) == MAILS
    assert taken.total() - MAILS <= DEATHS * IN_FLIGHT


@pytest.mark.long
async def test_at_most_once_none_comes_twice_and_few_are_lost(mailers: Mailers) -> None:
    taken = await die(mailers, "at-most-once")
    assert set(taken.values()) == {1}
    assert len(taken) >= MAILS - DEATHS * IN_FLIGHT


@pytest.mark.long
async def test_a_frozen_mailer_whose_part_another_took_over_sends_nothing_twice_when_it_wakes(mailers: Mailers) -> None:
    mailers.server.delay_s = 0.02
    await mailers.put(*(f"ORD-{number}" for number in range(300)))
    settings = {"KAWKA_MAIL_DELIVERY": "at-most-once", "KAWKA_MAIL_IN_FLIGHT": str(IN_FLIGHT)}
    frozen = mailers.start(**settings)
    await mailers.taken(60)
    frozen.signal(signal.SIGSTOP)
    other = mailers.start(**settings)
    await mailers.taken(150)
    frozen.signal(signal.SIGCONT)
    await mailers.settled_at(300, 120)
    for mailer in (frozen, other):
        mailer.signal(signal.SIGTERM)
        assert await mailer.gone() == 0
    taken = Counter(mailers.server.ids())
    assert set(taken.values()) == {1}
    assert len(taken) >= 300 - 2 * IN_FLIGHT
