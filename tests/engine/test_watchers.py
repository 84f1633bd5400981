"""Who waits for a key hears of its next commit, and of no other key's."""

import asyncio

import pytest

from app import topics
from app.engine.answers import NotOwnerError
from app.engine.table import Table
from app.engine.watchers import Watchers

orders = Table("orders", topics.changelog("orders"), about="")
other = Table("other", topics.changelog("other"), about="")


async def begun(*calls: asyncio.Task[None]) -> None:
    await asyncio.sleep(0)
    assert not any(call.done() for call in calls)


async def test_everybody_who_waits_for_a_key_is_woken_by_the_commit_that_touches_it_and_only_by_that() -> None:
    watchers = Watchers()
    waiting = [asyncio.create_task(watchers.changed(orders, b"a")) for _ in range(3)]
    elsewhere = [
        asyncio.create_task(watchers.changed(orders, b"b")),
        asyncio.create_task(watchers.changed(other, b"a")),
    ]
    await begun(*waiting, *elsewhere)
    watchers.wake({orders.prefix + b"a": None, orders.prefix + b"c": None})
    await asyncio.gather(*waiting)
    await begun(*elsewhere)
    watchers.wake({orders.prefix + b"b": None, other.prefix + b"a": None})
    await asyncio.gather(*elsewhere)
    assert not watchers


async def test_whoever_waits_again_once_woken_waits_for_the_next_commit() -> None:
    watchers = Watchers()
    seen: list[int] = []

    async def watch() -> None:
        for number in range(2):
            await watchers.changed(orders, b"a")
            seen.append(number)

    waiting = asyncio.create_task(watch())
    for number in range(2):
        await begun(waiting)
        watchers.wake({orders.prefix + b"a": None})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == list(range(number + 1))
    await waiting


async def test_whoever_gives_up_leaves_nothing_behind() -> None:
    watchers = Watchers()
    stays = asyncio.create_task(watchers.changed(orders, b"a"))
    leaves = asyncio.create_task(watchers.changed(orders, b"a"))
    await begun(stays, leaves)
    leaves.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaves
    assert watchers
    watchers.wake({orders.prefix + b"a": None})
    await stays
    assert not watchers


async def test_when_the_task_is_lost_all_who_wait_are_sent_on() -> None:
    watchers = Watchers()
    waiting = [asyncio.create_task(watchers.changed(orders, key)) for key in (b"a", b"a", b"b")]
    await begun(*waiting)
    watchers.lost()
    assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [NotOwnerError] * 3
    assert not watchers
