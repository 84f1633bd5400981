"""A commit notices when the marker of the one before is missing."""

from types import SimpleNamespace
from typing import Any

from app.engine.transaction import Transaction


def transaction(ends: dict[str, int]) -> Any:
    return SimpleNamespace(_state=SimpleNamespace(ends=ends, folded={"changelog": 0}), unmarked="")


def test_records_right_behind_those_of_the_commit_before_have_no_marker_between() -> None:
    ends: dict[str, int] = {}
    for bases, end, missing in [
        ([5], 7, False),  # the first of this producer: nothing is known of the one before
        ([8, 20], 30, False),
        ([30], 31, True),
        ([32], 33, False),
    ]:
        tx = transaction(ends)
        assert Transaction._folded(tx, {"changelog": (bases, end)}) == {"changelog": end}
        assert tx.unmarked == ("changelog" if missing else "")
