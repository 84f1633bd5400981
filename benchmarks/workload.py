"""W1: invoices made, filled with line items, cut by one and paid. The same bytes in every run and for every peer."""

import random
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

PER_INVOICE = 10
EVENTS_PER_INVOICE = 11  # CreateInvoice with one line item gives two
LAST_VERSION = 11
AT_A_TIME = 1_000  # invoices that are worked on side by side, a command each in turn
_ADDED = PER_INVOICE - 3


class Command(NamedTuple):
    """A record of invoice-commands; `id` is its commandId. `timestamp_ms` of the record; None: when it is written."""

    id: str
    key: bytes
    value: bytes
    timestamp_ms: int | None = None


def commands(count: int, name: str = "w1") -> Iterator[Command]:
    """Give `count` commands (a multiple of ten) in the order to send them; another `name` gives other invoices."""
    if count % PER_INVOICE:
        raise ValueError(f"{count} is not a multiple of {PER_INVOICE}: each invoice has that many commands")
    ids = random.Random(name)  # noqa: S311 -- no secret: the same ids in every run
    for first in range(0, count // PER_INVOICE, AT_A_TIME):
        invoices = [(number, _uuid(ids)) for number in range(first, min(first + AT_A_TIME, count // PER_INVOICE))]
        for step in range(PER_INVOICE):
            for number, invoice_id in invoices:
                command_id = _uuid(ids)
                yield Command(command_id, invoice_id.encode(), _value(command_id, number, step).encode())


def creations(count: int, name: str = "w1") -> Iterator[Command]:
    """Give `count` commands that each make an invoice with one line item."""
    ids = random.Random(name)  # noqa: S311 -- no secret: the same ids in every run
    for number in range(count):
        invoice_id, command_id = _uuid(ids), _uuid(ids)
        yield Command(command_id, invoice_id.encode(), _value(command_id, number, 0).encode())


def additions(keys: Iterable[bytes], name: str = "additions") -> Iterator[Command]:
    """Give a command for each key, that adds a line item."""
    ids = random.Random(name)  # noqa: S311 -- as above
    for number, key in enumerate(keys):
        command_id = _uuid(ids)
        yield Command(command_id, key, _value(command_id, number, 1).encode())


def payments(keys: Iterable[bytes], name: str = "payments") -> Iterator[Command]:
    """Give a command for each key, that pays a cent: a snapshot keeps its size."""
    ids = random.Random(name)  # noqa: S311 -- as above
    for key in keys:
        command_id = _uuid(ids)
        head = f'{{"commandId":"{command_id}","originId":"bench","expectedVersion":null,'
        yield Command(command_id, key, f'{head}"type":"PayInvoice","amount":"0.01"}}'.encode())


def total(number: int) -> str:
    """Give the total of the `number`-th invoice when all its commands were done: what a right answer must show."""
    lines = (_line(number, step) for step in range(1, _ADDED + 1))  # the first, of CreateInvoice, is removed again
    cent = Decimal("0.01")
    return str(
        sum(((Decimal(quantity) * Decimal(price)).quantize(cent) for _, quantity, price in lines), Decimal("0.00"))
    )


def _value(command_id: str, number: int, step: int) -> str:
    head = f'{{"commandId":"{command_id}","originId":"bench","expectedVersion":null,"type":'
    if step == 0:
        return (
            f'{head}"CreateInvoice","customerName":"Customer {number}","customerEmail":"customer{number}@example.com",'
            f'"issueDate":"2026-01-15","dueDate":"2026-02-15","lineItems":[{_json(number, 0)}]}}'
        )
    if step <= _ADDED:
        return f'{head}"AddLineItem",{_json(number, step)[1:]}'
    return f'{head}"RemoveLineItem","index":0}}' if step == _ADDED + 1 else f'{head}"PayInvoice"}}'


def _json(number: int, step: int) -> str:
    description, quantity, price = _line(number, step)
    return f'{{"description":"{description}","quantity":"{quantity}","price":"{price}"}}'


def _line(number: int, step: int) -> tuple[str, str, str]:
    return f"Line item {step}", str(1 + (number + step) % 9), f"{10 + number % 90}.{(number + 7 * step) % 100:02}"


def _uuid(source: random.Random) -> str:
    text = f"{source.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
