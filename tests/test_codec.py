"""What the bytes of records mean, and that no bytes can do more harm than be refused."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.codec import (
    Undecodable,
    decode_command,
    decode_key,
    encode,
    envelope,
    fingerprint,
    invoice_events,
    invoice_snapshots,
    result_error,
    result_ok,
    rfc3339,
)
from app.domain.decider import Rejected, valid_id
from app.domain.invoices import AddLineItem, CreateInvoice, InvoiceSent, LineItem, LineItemAdded, SendInvoice, initial

quick = settings(max_examples=300)

ADD = {
    "commandId": "c-1",
    "originId": "web",
    "expectedVersion": None,
    "type": "AddLineItem",
    "description": "Work",
    "quantity": "2.5",
    "price": "100.00",
}


def add(**fields: Any) -> bytes:
    """The JSON of a valid command but for `fields`."""
    return json.dumps(ADD | fields).encode()


def refusal(raw: bytes | None) -> Undecodable:
    with pytest.raises(Undecodable) as caught:
        decode_command(raw)
    assert type(caught.value) is Undecodable
    assert 0 < len(caught.value.message) <= 200
    return caught.value


# ---- commands


def test_a_command_is_told_by_its_type_whatever_the_order_of_its_fields() -> None:
    command = AddLineItem("c-1", "web", description="Work", quantity="2.5", price="100.00")
    assert decode_command(add()) == command
    assert decode_command(json.dumps(dict(reversed(ADD.items())), indent=2).encode()) == command


def test_an_unknown_field_is_ignored_and_an_absent_version_is_none() -> None:
    raw = b'{"type":"SendInvoice","later":[{"x":1e5}],"commandId":"c","originId":"o"}'
    assert decode_command(raw) == SendInvoice("c", "o")


@pytest.mark.parametrize(
    ("number", "text"),
    [("17", "17"), ("-3", "-3"), ("1.50", "1.50"), ("9" * 64, "9" * 64), ("1e3", "1000"), ("15E-1", "1.5")],
)
def test_an_id_given_as_a_number_becomes_its_decimal_text(number: str, text: str) -> None:
    raw = f'{{"commandId":{number},"type":"SendInvoice","originId":{number}}}'.encode()
    assert decode_command(raw) == SendInvoice(text, text)


@pytest.mark.parametrize("name", ["commandId", "originId"])
@pytest.mark.parametrize(
    "value",
    [
        '""',
        '"a b"',
        '"a\\n"',
        '"a\\""',
        '"é"',
        f'"{"x" * 65}"',
        "9" * 65,
        "1e999999",
        "1e-99999999999999999999",
        "1e65",
        "true",
        "null",
        "[]",
        "{}",
    ],
)
def test_an_id_has_1_to_64_characters_of_its_alphabet(name: str, value: str) -> None:
    ids = {"commandId": '"c"', "originId": '"o"'} | {name: value}
    raw = f'{{"type":"SendInvoice","commandId":{ids["commandId"]},"originId":{ids["originId"]}}}'
    assert refusal(raw.encode()).field == name


@pytest.mark.parametrize("text", ["a", "x" * 64, "A-z_0.9:"])
def test_an_id_may_hold_letters_digits_and_four_signs(text: str) -> None:
    assert valid_id(text)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (add(quantity=2.5), "quantity"),
        (add(price=None), "price"),
        (add(expectedVersion="1"), "expectedVersion"),
        (add(expectedVersion=1.5), "expectedVersion"),
        (add(expectedVersion=True), "expectedVersion"),
        (add(type="Explode"), "type"),
        (add(type=3), "type"),
        (b'{"commandId":"c","originId":"o"}', "type"),
        (b'{"type":"SendInvoice","originId":"o"}', "commandId"),
        (b'{"type":"SendInvoice","commandId":7}', "originId"),
        (b'{"type":"RemoveLineItem","commandId":"c","originId":"o","index":1e999999}', "index"),
        (b'{"type":"RemoveLineItem","commandId":7,"originId":"o","index":"0"}', "index"),
        (add(type="Explode" * 99999), "type"),
    ],
)
def test_a_wrong_or_missing_field_is_named(raw: bytes, field: str) -> None:
    assert refusal(raw).field == field


def test_a_field_of_a_line_item_is_named_by_its_path() -> None:
    item = {"description": "a", "quantity": "1", "price": "1"}
    invoice = {"customerName": "a", "customerEmail": "a", "issueDate": "a", "dueDate": "a"}
    price_is_number = add(type="CreateInvoice", **invoice, lineItems=[item, item | {"price": 1}])
    assert refusal(price_is_number).field == "lineItems[1].price"
    assert (
        refusal(add(type="CreateInvoice", **invoice, lineItems=[{"description": "a", "price": "1"}])).field
        == "lineItems[0].quantity"
    )


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b" ",
        b"\x00\xff\xfe",
        b"null",
        b"[]",
        b'"SendInvoice"',
        b"NaN",
        b"1e999999",
        b"{",
        add() + b"x",
        add()[:-1],
        add().replace(b'"2.5"', b"NaN"),
        add().replace(b'"2.5"', b"-Infinity"),
        add().replace(b"Work", b"\xff"),
        add().replace(b"Work", b"\\ud800"),
        add().replace(b"Work", b"\xed\xa0\x80"),
        b'{"commandId":1,"originId":"o","type":"SendInvoice",',
        b"[" * 100_000,
        b'{"x":' * 100_000,
        add(later=0).replace(b"0}", b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ],
    ids=lambda raw: repr(raw)[:30],
)
def test_bytes_that_are_no_command_are_undecodable(raw: bytes | None) -> None:
    refusal(raw)


def decodes_or_is_undecodable(raw: bytes) -> None:
    """Whatever decodes can be encoded and fingerprinted; whatever does not is Undecodable."""
    try:
        command = decode_command(raw)
    except Undecodable:
        return
    assert decode_command(encode(command)) == command
    assert len(fingerprint(command)) == 8


@quick
@given(st.binary())
def test_any_bytes_are_a_command_or_undecodable(raw: bytes) -> None:
    decodes_or_is_undecodable(raw)


@quick
@given(st.data())
def test_a_command_with_bytes_changed_is_a_command_or_undecodable(data: st.DataObject) -> None:
    raw = bytearray(add())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"1e9", b"{", b"\\ud800"])
        )
        raw = raw or bytearray(b"{")
    decodes_or_is_undecodable(bytes(raw))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@quick
@given(st.sampled_from(sorted(ADD)), json_values)
@example("expectedVersion", 10**4000)
@example("commandId", 10**4000)
@example("commandId", float("nan"))
def test_a_command_with_any_value_in_a_field_is_a_command_or_undecodable(name: str, value: Any) -> None:
    decodes_or_is_undecodable(add(**{name: value}))


# ---- keys


def test_a_key_is_an_id() -> None:
    assert decode_key(b"inv-1") == "inv-1"


@pytest.mark.parametrize("raw", [None, b"", b"a b", b"a\n", b"\xff", "é".encode(), b"x" * 65])
def test_a_key_that_is_no_id_is_undecodable(raw: bytes | None) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_key(raw)
    assert caught.value.field == "key"


# ---- fingerprint


def test_a_fingerprint_ignores_ids_key_order_blanks_and_unknown_fields() -> None:
    same = json.dumps(
        {"x": 1} | dict(reversed((ADD | {"commandId": "other", "originId": "else"}).items())), indent=1
    ).encode()
    assert fingerprint(decode_command(add())) == fingerprint(decode_command(same))


def test_a_fingerprint_is_the_same_in_every_version_of_this_program() -> None:
    # It is stored in a header of command-results: a change would turn a repeated command into a conflict.
    assert fingerprint(decode_command(add())).hex() == "83542bb55c1fc95d"


@pytest.mark.parametrize(
    "change", [{"quantity": "2.50"}, {"description": 'Work"'}, {"price": "1"}, {"expectedVersion": 0}]
)
def test_a_fingerprint_tells_every_other_field(change: dict[str, Any]) -> None:
    assert fingerprint(decode_command(add())) != fingerprint(decode_command(add(**change)))


def test_a_fingerprint_tells_commands_without_fields_apart_by_their_type() -> None:
    ids = {"commandId": "c", "originId": "o"}
    send, delete = (
        decode_command(json.dumps(ids | {"type": name}).encode()) for name in ("SendInvoice", "DeleteInvoice")
    )
    assert fingerprint(send) != fingerprint(delete)


# ---- what is spliced


def test_an_event_record_is_the_event_with_its_envelope_in_front() -> None:
    raw = envelope(encode(LineItemAdded('"é"', "1", "2")), "c-1", 3, rfc3339(0))
    assert json.loads(raw) == {
        "commandId": "c-1",
        "version": 3,
        "at": "1970-01-01T00:00:00.000Z",
        "type": "LineItemAdded",
        "description": '"é"',
        "quantity": "1",
        "price": "2",
    }
    assert invoice_events.decode(raw) == LineItemAdded('"é"', "1", "2")


def test_an_event_without_fields_has_an_envelope_too() -> None:
    assert invoice_events.decode(envelope(encode(InvoiceSent()), "c-1", 3, rfc3339(0))) == InvoiceSent()


def test_the_result_of_an_accepted_command_holds_the_snapshot() -> None:
    snapshot = initial("inv-1")
    assert json.loads(result_ok("c-1", "web", 0, b"invoice-commands-3:18", encode(snapshot))) == {
        "commandId": "c-1",
        "originId": "web",
        "ok": True,
        "version": 0,
        "position": "invoice-commands-3:18",
        "snapshot": json.loads(encode(snapshot)),
    }


@pytest.mark.parametrize(("field", "more"), [(None, {}), ("quantity", {"field": "quantity"})])
def test_the_result_of_a_refused_command_holds_the_error(field: str | None, more: dict[str, str]) -> None:
    rejected = Rejected("not-so", 'Not "so".', field)
    assert json.loads(result_error("c-1", "web", 4, b"invoice-commands-3:18", rejected)) == {
        "commandId": "c-1",
        "originId": "web",
        "ok": False,
        "version": 4,
        "position": "invoice-commands-3:18",
        "error": {"code": "not-so", "message": 'Not "so".'} | more,
    }


def test_a_snapshot_is_the_contracts_record() -> None:
    invoice = msgspec.structs.replace(initial("inv-1"), line_items=(LineItem("Work", "1.0", "3"),))
    raw = encode(invoice)
    assert json.loads(raw) == {
        "invoiceId": "inv-1",
        "customerName": "",
        "customerEmail": "",
        "issueDate": "",
        "dueDate": "",
        "lineItems": [{"description": "Work", "quantity": "1.0", "price": "3"}],
        "status": "Draft",
        "total": "0.00",
        "paid": "0.00",
        "balance": "0.00",
        "version": 0,
    }
    assert invoice_snapshots.decode(raw) == invoice


def test_a_created_invoice_without_items_has_none() -> None:
    invoice = {"customerName": "a", "customerEmail": "b", "issueDate": "c", "dueDate": "d"}
    command = decode_command(add(type="CreateInvoice", **invoice))
    assert isinstance(command, CreateInvoice)
    assert command.line_items == ()


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1522846456703, "2018-04-04T12:54:16.703Z"),
        (253402300799999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_rfc_3339_in_utc_with_milliseconds(ms: int, text: str) -> None:
    assert rfc3339(ms) == text


@pytest.mark.parametrize("ms", [253402300800000, -(10**15), 10**30])
def test_a_time_that_no_calendar_holds_overflows(ms: int) -> None:
    with pytest.raises(OverflowError):
        rfc3339(ms)
