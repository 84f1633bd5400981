"""Bytes of records to typed structs and back. What is spliced here is never encoded twice: this is the hot path."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar

import msgspec

from app.domain import invoices
from app.domain.decider import BaseCommand, Rejected, valid_id

T = TypeVar("T")
C = TypeVar("C", bound=BaseCommand)

_WHERE = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL).fullmatch
_MISSING = re.compile(r"Object missing required field `(\w+)`").fullmatch
_IDS: Final = len('{"type":"","commandId":"","originId":""')
_NO_ID: Final = "An id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

encode: Callable[[object], bytes] = msgspec.json.Encoder().encode
"""The JSON of a struct, as records hold it: camelCase, decimals as strings."""

_valid_origin = lru_cache(maxsize=1024)(valid_id)  # few send many


class Undecodable(ValueError):
    """Bytes that are not what their topic promises. `field` is the JSON path at fault, None where none can be named."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Codec(Generic[T]):
    """Decodes JSON to `T`: a struct, or a union of structs told apart by their `type`."""

    def __init__(self, shape: Any) -> None:
        self._decode: Callable[[bytes], T] = msgspec.json.Decoder(shape).decode

    def decode(self, raw: bytes | None) -> T:
        """The value in `raw`. Raises Undecodable, and nothing else, whatever the bytes are."""
        if not raw:
            raise Undecodable("The value is empty.")
        try:
            return self._decode(raw)
        # Bad UTF-8 is a UnicodeDecodeError, a hundred thousand open brackets are a RecursionError.
        except (ValueError, RecursionError) as error:
            raise _undecodable(error) from error


class CommandCodec(Codec[C]):
    """Decodes a union of commands; an id that came as a JSON number becomes its decimal text (contract.md)."""

    def decode(self, raw: bytes | None) -> C:
        """The command in `raw`, with valid ids. Raises Undecodable, and nothing else, whatever the bytes are."""
        try:
            command = self._decode(raw)  # type: ignore[arg-type]
        except Exception:  # noqa: BLE001 -- once more, now to learn why
            command = self._decode_again(raw)
        if not valid_id(command.command_id):
            raise Undecodable(_NO_ID, "commandId")
        if not _valid_origin(command.origin_id):
            raise Undecodable(_NO_ID, "originId")
        return command

    def _decode_again(self, raw: bytes | None) -> C:
        try:
            return super().decode(raw)
        except Undecodable as error:
            if error.field not in ("commandId", "originId"):
                raise
            return super().decode(_quote_ids(raw or b""))


_raw_fields: Codec[dict[str, msgspec.Raw]] = Codec(dict[str, msgspec.Raw])
invoice_commands: CommandCodec[invoices.Command] = CommandCodec(invoices.Command)
invoice_events: Codec[invoices.Event] = Codec(invoices.Event)
invoice_snapshots: Codec[invoices.Invoice] = Codec(invoices.Invoice)

decode_command = invoice_commands.decode


@lru_cache(maxsize=8192)  # keys come again, mostly soon
def decode_key(raw: bytes | None) -> str:
    """The aggregate's id in a record's key. Raises Undecodable."""
    try:
        key = (raw or b"").decode()
    except UnicodeDecodeError as error:
        raise Undecodable(_NO_ID, "key") from error
    if not valid_id(key):
        raise Undecodable(_NO_ID, "key")
    return key


def fingerprint(command: BaseCommand) -> bytes:
    """8 bytes that tell commands apart by type and every field but commandId and originId.

    Taken from the struct, so the order of JSON keys, blanks and unknown fields do not count.
    """
    # {"type":"T","commandId":"c","originId":"o",... : BaseCommand fixes the order, and ids hold no quotes.
    name = _tag(type(command))
    ids = _IDS + len(name) + len(command.command_id) + len(command.origin_id)
    return blake2b(name + encode(command)[ids:], digest_size=8).digest()


@lru_cache
def _tag(command: type[BaseCommand]) -> bytes:
    return str(command.__struct_config__.tag).encode()


def envelope(event_json: bytes, command_id: str, version: int, at: str) -> bytes:
    """The record of an event: its JSON with the command that caused it, its version and its time put in front."""
    return f'{{"commandId":"{command_id}","version":{version},"at":"{at}",'.encode() + event_json[1:]


def result_ok(command_id: str, origin_id: str, version: int, position: bytes, snapshot_json: bytes) -> bytes:
    """The record of a command that was accepted; `position` is "topic-partition:nextOffset" of the command."""
    return b'%b,"ok":true,"version":%d,"position":"%b","snapshot":%b}' % (
        _asked(command_id, origin_id), version, position, snapshot_json,
    )  # fmt: skip


def result_error(command_id: str, origin_id: str, version: int, position: bytes, rejected: Rejected) -> bytes:
    """The record of a command that was refused; `version` is the aggregate's, unchanged."""
    return b'%b,"ok":false,"version":%d,"position":"%b","error":%b}' % (
        _asked(command_id, origin_id), version, position, encode(rejected),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def rfc3339(ms: int) -> str:
    """Milliseconds since 1970 as UTC text, "2026-01-31T12:00:00.000Z". Raises OverflowError outside years 1-9999."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")[:-6] + "Z"


def _asked(command_id: str, origin_id: str) -> bytes:
    return f'{{"commandId":"{command_id}","originId":"{origin_id}"'.encode()


def _undecodable(error: Exception) -> Undecodable:
    """What msgspec says, for people: its path apart, and cut, for it quotes what was sent."""
    if isinstance(error, RecursionError):
        return Undecodable("The JSON is nested too deeply.")
    if isinstance(error, UnicodeDecodeError):
        return Undecodable("The JSON is not UTF-8.")
    where = _WHERE(str(error))
    message, path = where.groups() if where else (str(error), "")
    if missing := _MISSING(message):
        path = f"{path}.{missing[1]}".lstrip(".")
    return Undecodable(message[:200], path or None)


def _quote_ids(raw: bytes) -> bytes:
    """`raw` with the ids that are JSON numbers made strings: 17 becomes "17", and 1e3 becomes "1000"."""
    fields = _raw_fields.decode(raw)
    for name in ("commandId", "originId"):
        text = bytes(fields.get(name, b""))
        if text[:1] and text[:1] in b"-0123456789":
            fields[name] = msgspec.Raw(encode(_plain(text.decode())))
    return encode(fields)


def _plain(number: str) -> str:
    if "e" not in number.lower():
        return number
    # Written out, 1e999999 would be a megabyte. A number that needs a longer exponent than this is no id anyway.
    exponent = number.lower().partition("e")[2]
    return format(Decimal(number), "f") if len(number) <= 64 and len(exponent) <= 3 else ""
