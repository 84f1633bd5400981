"""The compiled record batches make and read what aiokafka's do, and what is corrupt never gets further."""

from contextlib import suppress
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

compiled = pytest.importorskip("app.engine._recordbatch", reason="there is no C compiler, or no Python.h")

LARGE = 1_000_000
MAGIC = 2
headers = st.lists(st.tuples(st.text(max_size=9), st.none() | st.binary(max_size=200)), max_size=12)
blob = st.none() | st.binary(max_size=300)
times = st.integers(-(2**40), 2**41)
records = st.lists(st.tuples(times, blob, blob, headers | headers.map(tuple)), min_size=1, max_size=20)
Row = tuple[int, bytes | None, bytes | None, Any]


def theirs(rows: list[Row]) -> bytes:
    listed = [(*row[:3], list(row[3])) for row in rows]
    return filled(DefaultRecordBatchBuilder(MAGIC, 0, 1, -1, -1, 0, LARGE), listed)


def ours(rows: list[Row], most: int = LARGE) -> bytes:
    return filled(compiled.Builder(most), rows)


def filled(builder: Any, rows: list[Row]) -> bytes:
    for offset, row in enumerate(rows):
        if builder.append(offset, *row) is None:
            break
    builder.set_producer_state(2**40, 7, 2**30)
    return bytes(builder.build())


def record(*fields: Any) -> tuple[Any, ...]:
    return fields


def unpacked(raw: bytes, first: int = 0) -> list[Any]:
    found: list[Any] = compiled.unpack(raw, 0, len(raw), first, record, "topic", 3)
    return found


@given(rows=records)
def test_a_batch_is_the_same_bytes_as_aiokafkas(rows: list[Row]) -> None:
    assert ours(rows) == theirs(rows)


@given(rows=records, most=st.integers(0, 2000))
def test_a_batch_takes_what_fits_and_always_the_first(rows: list[Row], most: int) -> None:
    made = ours(rows, most)
    count = len(unpacked(made))
    assert made == theirs(rows[:count])
    assert count == 1 or len(made) <= most
    assert count == len(rows) or len(theirs(rows[: count + 1])) > most


@given(rows=records, first=st.integers(-1, 21))
def test_records_are_those_that_aiokafka_finds(rows: list[Row], first: int) -> None:
    raw = theirs(rows)
    assert compiled.intact(raw, 0, len(raw))
    assert unpacked(raw, first) == [
        ("topic", 3, one.offset, one.timestamp, one.key, one.value, tuple(one.headers))
        for one in MemoryRecords(raw).next_batch()
        if one.offset >= first
    ]


@given(rows=records, at=st.integers(0), value=st.integers(1, 255))
def test_a_changed_byte_is_noticed(rows: list[Row], at: int, value: int) -> None:
    raw = bytearray(ours(rows))
    at = 17 + at % (len(raw) - 17)  # what lies before is not under the checksum
    raw[at] ^= value
    assert not compiled.intact(bytes(raw), 0, len(raw))


@given(rows=records, changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8), cut=st.integers(0))
def test_what_is_no_batch_is_an_error_and_nothing_else(
    rows: list[Row], changes: list[tuple[int, int]], cut: int
) -> None:
    raw = bytearray(ours(rows))
    for at, value in changes:
        raw[at % len(raw)] = value
    damaged = bytes(raw[: len(raw) - cut % len(raw)])
    with suppress(ValueError):
        unpacked(damaged)
    with pytest.raises(ValueError, match="no batch"):
        compiled.unpack(damaged, 0, len(damaged) + 1, 0, record, "topic", 3)
    with pytest.raises(ValueError, match="no batch"):
        compiled.intact(damaged, -1, len(damaged))


@given(raw=st.binary(min_size=61, max_size=400))
def test_noise_is_an_error_and_nothing_else(raw: bytes) -> None:
    compiled.intact(raw, 0, len(raw))
    with suppress(ValueError):
        unpacked(raw)


@given(data=st.binary(max_size=100))
def test_the_table_and_the_processor_agree(data: bytes) -> None:
    assert compiled.crc32c(data, False) == compiled.crc32c(data, True)
    assert compiled.crc32c(b"123456789", True) == 0xE3069283  # the check value of CRC-32C in RFC 3720's family


@pytest.mark.parametrize(
    "wrong",
    [
        ("0", 1, b"", b"", []),
        (0, None, b"", b"", []),
        (0, 1, "key", b"", []),
        (0, 1, b"", bytearray(), []),
        (0, 1, b"", b"", {}),
        (0, 1, b"", b"", [("name", "value")]),
        (0, 1, b"", b"", [(b"name", b"value")]),
        (0, 1, b"", b"", [["name", b"value"]]),
        (0, 1, b"", b"", [("name",)]),
        (0, 2**63, b"", b"", []),
        (0, 1, b"", b""),
    ],
)
def test_what_is_no_record_is_refused_and_leaves_the_batch_as_it_was(wrong: tuple[Any, ...]) -> None:
    builder = compiled.Builder(LARGE)
    with pytest.raises((TypeError, OverflowError)):
        builder.append(*wrong)
    rows: list[Row] = [(5, b"key", b"value", [("name", b"value")])]
    assert filled(builder, rows) == theirs(rows)


def test_a_batch_is_built_once() -> None:
    builder = compiled.Builder(LARGE)
    builder.append(0, 1, b"", b"", [])
    assert builder.size() == len(builder.build())
    for more in (builder.build, lambda: builder.append(1, 1, b"", b"", [])):
        with pytest.raises(ValueError, match="built"):
            more()


def test_a_header_name_that_is_not_utf8_is_readable() -> None:
    raw = ours([(5, b"key", b"value", [("name", b"value")])] * 2).replace(b"name", b"n\xffm\xe9")
    assert [one[6] for one in unpacked(raw)] == [(("n\\xffm\\xe9", b"value"),)] * 2


def test_what_makes_a_record_may_fail() -> None:
    def fails(*_: Any) -> None:
        raise KeyError("mine")

    raw = ours([(5, b"key", b"value", [])])
    with pytest.raises(KeyError, match="mine"):
        compiled.unpack(raw, 0, len(raw), 0, fails, "topic", 3)
