"""What devices send, JSON or CSV, becomes the same position, or is Undecodable with the field at fault."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import codec
from app.codec import Undecodable
from app.codec_trucks import decode, to_csv
from app.domain.trucks import TruckPosition

CSV = b"1522846456703,101,31,1927624662,Normal,37.31,-94.31,-4802309397906690837"
POSITION = TruckPosition(1522846456703, 101, 31, 1927624662, "Normal", 37.31, -94.31, "-4802309397906690837")
JSON = codec.encode(POSITION)


def fault(payload: bytes) -> Undecodable:
    with pytest.raises(Undecodable) as caught:
        decode(payload)
    return caught.value


def test_the_example_of_the_contract_in_both_forms_is_one_position() -> None:
    assert decode(CSV) == decode(JSON) == POSITION
    assert to_csv(POSITION) == CSV


def test_blanks_and_a_line_end_do_not_matter() -> None:
    assert decode(CSV.replace(b",", b", ") + b"\r\n") == POSITION
    assert decode(b"  " + JSON + b"\n") == POSITION


def test_unknown_fields_are_ignored_and_a_correlation_number_becomes_its_text() -> None:
    assert (
        decode(JSON.replace(b'"-4802309397906690837"', b"-4802309397906690837").replace(b"{", b'{"speed":3,', 1))
        == POSITION
    )


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"101", b"", "truckId"),
        (b"101", b"one", "truckId"),
        (b",31,", b",,", "driverId"),
        (b"1522846456703", b"1_522", "timestamp"),
        (b"1522846456703", b"9" * 20, "timestamp"),
        (b"37.31", b"nan", "latitude"),
        (b"37.31", b"north", "latitude"),
        (b"-94.31", b"1e999", "longitude"),
        (b"-94.31", b"-94.31.1", "longitude"),
    ],
)
def test_a_csv_field_that_is_not_its_kind_is_named(old: bytes, new: bytes, field: str) -> None:
    assert fault(CSV.replace(old, new, 1)).field == field


@pytest.mark.parametrize(
    "payload", [b"", b",", CSV[:40], CSV + b",1", b"\xff", b"{", b"{}", b"[]", b"null", b'{"a":' * 99_999]
)
def test_what_is_no_position_is_undecodable(payload: bytes) -> None:
    fault(payload)


@pytest.mark.parametrize("value", [b'""', b"null", b'"31"', b"3.5", b"true"])
def test_a_json_driver_id_is_a_number(value: bytes) -> None:
    assert fault(JSON.replace(b'"driverId":31', b'"driverId":' + value)).field == "driverId"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_position_or_undecodable(payload: bytes) -> None:
    with contextlib.suppress(Undecodable):
        assert isinstance(decode(payload), TruckPosition)


@given(st.floats(-90, 90).map(lambda number: round(number, 5)), st.integers(0, 2**63 - 1))
def test_what_is_written_as_csv_is_read_again(latitude: float, truck: int) -> None:
    if "e" not in str(latitude):
        position = TruckPosition(1, truck, 2, 3, "Overspeed", latitude, 0.0, "c")
        assert decode(to_csv(position)) == position
