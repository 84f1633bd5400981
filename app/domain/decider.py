"""What every aggregate's commands, events and refusals have in common."""

import re

from msgspec import Struct

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}").fullmatch


def valid_id(text: str) -> bool:
    """Whether `text` may be an id: 1-64 characters of A-Z a-z 0-9 _ . : - (contract.md)."""
    return _ID(text) is not None


class BaseCommand(Struct, frozen=True, tag_field="type", rename="camel", gc=False):
    """A wish, in the imperative; its class name is its tag on the wire.

    The order of these fields is relied upon: the fingerprint of a command is what its JSON holds beside the two ids.
    `expected_version` is the version the sender has seen; None asks for no check.
    """

    command_id: str
    origin_id: str
    expected_version: int | None = None


class BaseEvent(Struct, frozen=True, tag_field="type", rename="camel", gc=False):
    """A fact, in the past tense; its class name is its tag on the wire. commandId, version and at are its envelope."""


class Rejected(Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """A command refused by a rule: the `error` of its result.

    `code` is stable and for programs, `message` is a sentence for people, `field` is the JSON path of what is at fault,
    as in "quantity" or "lineItems[2].price", None where no single field is.
    """

    code: str
    message: str
    field: str | None = None
