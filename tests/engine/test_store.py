"""The store on disk: what it holds, where it was written, and how it forgets."""

from pathlib import Path

import pytest

from app import topics
from app.engine.store import Checkpoint, Store
from app.engine.table import Table

HERE = Checkpoint(cluster="c", topics={"t": "1"}, folded={"t": 3}, source={"s": 5}, at_ms=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", 8)


def test_entries_and_checkpoint_survive_a_restart(store: Store) -> None:
    store.write({b"a": b"1", b"b": b"2"}, HERE)
    store.write({b"a": None}, HERE)
    store.close()
    again = Store(store.path, 8)
    assert (again.get(b"a"), again.get(b"b"), again.checkpoint()) == (None, b"2", HERE)


def test_a_wiped_store_holds_nothing(store: Store) -> None:
    store.write({b"a": b"1"}, HERE)
    store.wipe()
    assert (store.get(b"a"), store.checkpoint()) == (None, None)


def test_a_scan_gives_a_tables_own_keys_in_order(store: Store) -> None:
    mine, other = (Table(name, topics.invoice_events, about="") for name in ("mine", "mine2"))
    entries = {mine.prefix + key: key for key in (b"b", b"a1", b"a2", b"\xff\xff")}
    store.write({**entries, other.prefix + b"a": b"x"}, HERE)

    def keys(prefix: bytes = b"", start: bytes = b"", stop: bytes | None = None) -> list[bytes]:
        return [key for key, _ in mine.strip(store.scan(*mine.bounds(prefix, start, stop)))]

    assert keys() == [b"a1", b"a2", b"b", b"\xff\xff"]
    assert keys(prefix=b"a") == [b"a1", b"a2"]
    assert keys(start=b"a2") == [b"a2", b"b", b"\xff\xff"]
    assert keys(start=b"a2", stop=b"b") == [b"a2"]
    assert keys(prefix=b"a", start=b"b") == []
