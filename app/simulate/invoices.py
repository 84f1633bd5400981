"""Invoice commands as a small company's day would give them: most are right, a few a rule has to refuse.

Pure and repeatable: the same seed gives the same commands.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import ROUND_DOWN, Decimal

from app.domain.decimals import line_amount
from app.domain.invoices import (
    AddLineItem,
    Command,
    CreateInvoice,
    LineItem,
    PayInvoice,
    RemoveLineItem,
    SendInvoice,
)

ORIGIN = "simulator"
OPEN_AT_ONCE = 12  # invoices worked on at the same time, so that their commands mix as in life
REFUSED_SHARE = 0.15  # of the invoices: these contain one command that a rule refuses

FIRST = ("Ada", "Bronia", "Czesław", "Dorota", "Emil", "Felicja", "Grace", "Henryk", "Irena", "Jan", "Kasia", "Leon")
LAST = ("Kowalska", "Nowak", "Hopper", "Zielińska", "Lovelace", "Wójcik", "Lamport", "Mazur", "Liskov", "Kaczmarek")
COMPANIES = ("Jackdaw Logistics", "Bramble & Sons", "Northwind Bakery", "Stork Print", "Amber Cafe", "Orchard Labs")
GOODS = (
    ("Consulting, hour", "95.00", True),
    ("Paper, box", "24.90", False),
    ("Hosting, month", "49.00", False),
    ("Translation, page", "18.75", True),
    ("Courier", "12.40", False),
    ("Coffee beans, kg", "27.35", True),
    ("Desk lamp", "64.00", False),
    ("Workshop, day", "1250.00", False),
)


def invoices(seed: int, today: dt.date) -> Iterator[tuple[str, Command]]:
    """Give (invoice id, command) without end; those of one invoice in their order, of several mixed."""
    rng = random.Random(seed)  # noqa: S311 -- repeatable, not secret
    number = 0
    open_ones: list[tuple[str, Iterator[Command]]] = []
    while True:
        while len(open_ones) < OPEN_AT_ONCE:
            number += 1
            invoice_id = f"INV-{seed}-{number:04d}"
            open_ones.append((invoice_id, _life(rng, invoice_id, today)))
        at = rng.randrange(len(open_ones))
        command = next(open_ones[at][1], None)
        if command is None:
            del open_ones[at]
        else:
            yield open_ones[at][0], command


def _life(rng: random.Random, invoice_id: str, today: dt.date) -> Iterator[Command]:
    """Give one invoice's commands from its creation to its payment, or as far as it comes."""
    ids = (f"{invoice_id}-{step}" for step in range(1, 1000))
    items = [_item(rng) for _ in range(rng.randint(0, 2))]
    yield _create(rng, next(ids), today, tuple(items))
    for _ in range(rng.randint(1, 3)):
        item = _item(rng)
        items.append(item)
        yield AddLineItem(next(ids), ORIGIN, description=item.description, quantity=item.quantity, price=item.price)
    if rng.random() < 0.25:
        index = rng.randrange(len(items))
        if len(items) > 1:
            del items[index]
            yield RemoveLineItem(next(ids), ORIGIN, index=index)
    if rng.random() < 0.15:
        return  # stays a draft
    yield SendInvoice(next(ids), ORIGIN)
    total = sum((line_amount(item.quantity, item.price) for item in items), Decimal(0))
    if rng.random() < REFUSED_SHARE:
        yield rng.choice(
            (
                AddLineItem(next(ids), ORIGIN, description="One more thing", quantity="1", price="5.00"),  # was sent
                PayInvoice(next(ids), ORIGIN, amount=str(total + 1)),  # more than is owed
                PayInvoice(next(ids), ORIGIN, expected_version=1),  # seen long ago
            )
        )
    fate = rng.random()
    if fate < 0.2:
        return  # stays unpaid
    if fate < 0.5:
        part = (total * Decimal(rng.choice(("0.25", "0.5", "0.8")))).quantize(Decimal("0.01"), ROUND_DOWN)
        yield PayInvoice(next(ids), ORIGIN, amount=str(part))
    if fate < 0.9:
        yield PayInvoice(next(ids), ORIGIN)


def _create(rng: random.Random, command_id: str, today: dt.date, items: tuple[LineItem, ...]) -> CreateInvoice:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    company = rng.choice(COMPANIES)
    name = company if rng.random() < 0.5 else f"{first} {last}"
    issued = today - dt.timedelta(days=rng.randint(0, 20))
    domain = "".join(letter for letter in company.lower() if letter.isascii() and letter.isalpha())
    return CreateInvoice(
        command_id,
        ORIGIN,
        customer_name=name,
        customer_email=f"accounts{rng.randint(1, 99)}@{domain}.example",
        issue_date=issued.isoformat(),
        due_date=(issued + dt.timedelta(days=rng.choice((14, 30)))).isoformat(),
        line_items=items,
    )


def _item(rng: random.Random) -> LineItem:
    description, price, divisible = rng.choice(GOODS)
    whole = rng.randint(1, 12)
    return LineItem(description, f"{whole}.5" if divisible and rng.random() < 0.4 else str(whole), price)
