"""Commands and events that tests of invoices begin with."""

from typing import Any

from app.domain.invoices import (
    AddLineItem,
    Command,
    CreateInvoice,
    DeleteInvoice,
    InvoiceCreated,
    LineItemAdded,
    PayInvoice,
    PaymentReceived,
    RemoveLineItem,
    SendInvoice,
)

CREATED = InvoiceCreated("Ann Lee", "ann@example.com", "2026-01-31", "2026-02-28")
WORK = LineItemAdded("Work", "2.5", "100.00")  # 250.00
TEA = LineItemAdded("Tea", "1", "3")
PAID = PaymentReceived("250.00")


def create(**fields: Any) -> CreateInvoice:
    """A valid command but for `fields`."""
    valid = {
        "customer_name": "Ann Lee",
        "customer_email": "ann@example.com",
        "issue_date": "2026-01-31",
        "due_date": "2026-02-28",
    }
    return CreateInvoice("c-1", "web", **(valid | fields))


def add(description: str = "Work", quantity: str = "2.5", price: str = "100.00") -> AddLineItem:
    return AddLineItem("c-2", "web", description=description, quantity=quantity, price=price)


def remove(index: int) -> RemoveLineItem:
    return RemoveLineItem("c-3", "web", index=index)


def pay(amount: str | None = None) -> PayInvoice:
    return PayInvoice("c-5", "web", amount=amount)


SEND = SendInvoice("c-4", "web")
DELETE = DeleteInvoice("c-6", "web")
ANY: list[Command] = [create(), add(), remove(0), SEND, pay(), DELETE]

NO_NUMBERS = [
    "",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "-1",
    "1e3",
    "1E3",
    ".5",
    "5.",
    "01",
    "1_0",
    "1,5",
    "0x1",
    "NaN",
    "Infinity",
    "\uff11",
    "-0",
]
