"""Mails end in any order; what is committed never skips one that has not ended."""

from hypothesis import given
from hypothesis import strategies as st

from app.mailer.progress import Progress


def test_the_position_is_that_of_the_first_mail_that_is_not_done() -> None:
    progress = Progress()
    for offset in (5, 6, 9):
        progress.take(offset)
    assert progress.position is None
    assert not progress.done(6)
    assert progress.done(5)
    assert progress.position == 9
    assert progress.done(9)
    assert progress.position == 10


@given(st.permutations(range(12)), st.integers(0, 12))
def test_everything_before_the_position_is_done_whatever_the_order(order: list[int], count: int) -> None:
    progress = Progress()
    for offset in range(12):
        progress.take(offset * 2)  # markers of transactions lie between
    done = {order[at] * 2 for at in range(count)}
    for at in range(count):
        progress.done(order[at] * 2)
    left = sorted(set(range(0, 24, 2)) - done)
    expected = left[0] if left else 23
    assert progress.position == (None if expected == 0 else expected)
