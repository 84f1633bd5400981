"""What /v1 takes for a number, a text and an id."""

import pytest

from app.codec import Undecodable
from app.fields import Fields


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ("5", "5"), ('"5"', "5"), ("5.0", "5"), ("12.50", "12.5"), ('"12.50"', "12.5"), ("1e2", "100"), ("-0", "0"),
        ("0.1e1", "1"), ("-3.10", "-3.1"), ('" 7 "', "7"), ("100", "100"), ("1E-2", "0.01"), ("-0.00", "0"),
    ],
)  # fmt: skip
def test_a_number_is_the_same_as_number_and_as_text_in_whatever_notation(sent: str, plain: str) -> None:
    assert Fields(b'{"price":%b}' % sent.encode()).decimal("price") == plain


@pytest.mark.parametrize(
    "sent",
    ['"x"', '""', "true", "[]", "{}", "null", '"NaN"', '"Infinity"', '"1_0"', '"٣"', '"0x10"', "1e999999", "9" * 65,
     '"1e"', '"--1"', '"1.2.3"', '"\\u0000"'],
)  # fmt: skip
def test_what_is_no_number_is_malformed_and_named(sent: str) -> None:
    with pytest.raises(Undecodable) as raised:
        Fields(b'{"price":%b}' % sent.encode()).decimal("price")
    assert raised.value.field == "price"


@pytest.mark.parametrize(
    ("sent", "found"), [("17", "17"), ('"17"', "17"), ('"a-b:c.d_E"', "a-b:c.d_E"), ("1e3", "1000")]
)
def test_an_id_may_be_a_number(sent: str, found: str) -> None:
    assert Fields(b'{"id":%b}' % sent.encode()).id("id") == found


@pytest.mark.parametrize("sent", ['""', '"a b"', '"' + "a" * 65 + '"', '"ž"', "null", "true", "[1]", '"a\\n"'])
def test_what_is_no_id_is_malformed_and_named(sent: str) -> None:
    with pytest.raises(Undecodable) as raised:
        Fields(b'{"id":%b}' % sent.encode()).id("id")
    assert raised.value.field == "id"


def test_a_whole_number_may_be_written_with_a_point_and_no_other_may() -> None:
    assert Fields(b'{"quantity":2.0}').whole("quantity") == 2
    with pytest.raises(Undecodable):
        Fields(b'{"quantity":2.5}').whole("quantity")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"id":1}{}', b'{"id":"\xff"}', b"[" * 100_000, b'"x"'])
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Undecodable):
        Fields(body).text("id")
