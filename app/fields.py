"""Fields of a JSON object whose numbers may come as numbers or as text, digit by digit as they were sent."""

import re
from decimal import Decimal
from typing import Final

import msgspec

from app.codec import Undecodable
from app.domain.decider import valid_id

MOST_DIGITS: Final = 64

_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text: Final = msgspec.json.Decoder(str)
_number: Final = re.compile(r"(-?\d+)(\.\d+)?(?:[eE]([+-]?\d{1,3}))?").fullmatch


class Fields:
    """A JSON object. What is not as it should be: Undecodable, with its field."""

    def __init__(self, body: bytes) -> None:
        try:
            self._raw = _fields.decode(body)
        except RecursionError as error:
            raise Undecodable("The JSON is nested too deeply.") from error
        except ValueError as error:  # bad UTF-8 is one, too
            raise Undecodable("This is no JSON object.") from error

    def text(self, name: str) -> str:
        """Give a text that must be there."""
        found = self.optional(name)
        if found is None:
            raise Undecodable(f"{name} is missing.", name)
        return found

    def optional(self, name: str) -> str | None:
        """Give a text, None where it is absent or null; a number becomes its digits."""
        raw = bytes(self._raw.get(name, b"null"))
        if raw == b"null":
            return None
        if raw[:1] in b"-0123456789":
            return raw.decode() if len(raw) <= MOST_DIGITS else self._no_number(name)
        try:
            return _text.decode(raw)
        except ValueError as error:
            raise Undecodable(f"{name} is a text.", name) from error

    def id(self, name: str) -> str:
        """Give an id; a number becomes its decimal text."""
        found = self.text(name)
        if bytes(self._raw[name])[:1] != b'"':
            found = self.decimal(name)
        if not valid_id(found):
            raise Undecodable("An id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -", name)
        return found

    def decimal(self, name: str) -> str:
        """Give a number in plain notation, without an exponent and without zeros that say nothing."""
        text = self.text(name).strip()
        match = _number(text) if text.isascii() and len(text) <= MOST_DIGITS else None
        if match is None:
            self._no_number(name)
        plain = format(Decimal(text), "f")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        return "0" if plain in {"-0", ""} else plain

    def whole(self, name: str) -> int:
        """Give a whole number; 2.0 is one."""
        plain = self.decimal(name)
        if "." in plain:
            raise Undecodable(f"{name} is a whole number.", name)
        return int(plain)

    def _no_number(self, name: str) -> str:
        raise Undecodable(f"{name} is a number.", name)
