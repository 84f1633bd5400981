"""When an owner may answer."""

import time

from app.engine.lease import Lease


def test_nobody_owns_anything_before_the_group_said_so() -> None:
    assert not Lease(6).alive


def test_an_assignment_and_each_accepted_heartbeat_renew_it() -> None:
    lease = Lease(6)
    lease.joined(1)
    assert lease.alive
    lease.renewed(time.monotonic(), 1, rejoining=True)
    assert lease.alive


def test_it_is_over_when_the_last_accepted_heartbeat_was_sent_a_session_ago() -> None:
    lease = Lease(6)
    lease.renewed(time.monotonic() - 6.001, 1, rejoining=False)
    assert not lease.alive


async def test_a_heartbeat_of_a_generation_that_is_ending_does_not_settle_who_owns_what() -> None:
    lease = Lease(6)
    lease.joined(1)
    moment = time.monotonic()
    lease.renewed(moment + 1, 1, rejoining=True)
    lease.renewed(moment + 1, 2, rejoining=False)
    assert lease._settled_at <= moment
    lease.renewed(moment + 1, 1, rejoining=False)
    await lease.settled_since(moment)
