"""What is remembered of decided commands, and for how long."""

from types import SimpleNamespace

from app.engine.idempotency import Decided, DecidedCommands, identify


def test_a_command_is_known_by_its_aggregate_and_its_id() -> None:
    known = DecidedCommands(3600, 10)
    known.add([(identify(b"k", b"c"), Decided(b"f", 7, 0))])
    assert known.get(b"k", "c") == Decided(b"f", 7, 0)
    assert known.get(b"other", "c") is None


def test_the_oldest_are_forgotten_beyond_the_count() -> None:
    known = DecidedCommands(3600, 2)
    for number in range(3):
        known.add([(identify(b"k", b"c%d" % number), Decided(b"f", number, 0))])
    assert [known.get(b"k", f"c{number}") is None for number in range(3)] == [True, False, False]


def test_those_older_than_the_age_are_forgotten() -> None:
    known = DecidedCommands(1, 10)
    known.add([(identify(b"k", b"old"), Decided(b"f", 0, 0))])
    known.add([(identify(b"k", b"new"), Decided(b"f", 1, 1001))])
    assert known.get(b"k", "old") is None
    assert known.get(b"k", "new") is not None


def test_a_result_without_our_headers_says_nothing() -> None:
    known = DecidedCommands(3600, 10)
    known.fold([SimpleNamespace(key=b"k", headers=(("command-id", b"c"),), offset=0, timestamp=0)])
    assert len(known) == 0


def test_it_is_the_fold_of_the_results() -> None:
    known = DecidedCommands(3600, 10)
    headers = (("command-id", b"c"), ("fingerprint", b"12345678"))
    known.fold([SimpleNamespace(key=b"k", headers=headers, offset=4, timestamp=9)])
    assert known.get(b"k", "c") == Decided(b"12345678", 4, 9)
