"""What holds for every command, and how an invoice begins."""

import msgspec
import pytest

from app.domain.invoices import Command, InvoiceDeleted, InvoiceSent, LineItem
from tests.domain.an_invoice import ANY, CREATED, SEND, TEA, WORK, create
from tests.domain.given import given


@pytest.mark.parametrize("command", ANY[1:])
def test_a_command_to_an_unknown_id_is_not_found(command: Command) -> None:
    given().when(command).refused("not-found")


def test_not_found_comes_before_a_version_conflict() -> None:
    given().when(msgspec.structs.replace(SEND, expected_version=3)).refused("not-found")


def test_the_version_expected_is_accepted() -> None:
    given(CREATED, WORK).when(msgspec.structs.replace(SEND, expected_version=2)).then(InvoiceSent())


def test_another_version_than_expected_is_a_conflict_that_names_the_actual_one() -> None:
    refused = given(CREATED, WORK).when(msgspec.structs.replace(SEND, expected_version=1))
    refused.refused("version-conflict", "expectedVersion")
    assert "version 2 " in getattr(refused.decision, "message", "")


def test_a_version_conflict_comes_before_the_other_rules() -> None:
    conflict = msgspec.structs.replace(create(customer_name=""), expected_version=7)
    given().when(conflict).refused("version-conflict", "expectedVersion")
    given(CREATED, InvoiceDeleted()).when(conflict).refused("version-conflict", "expectedVersion")


def test_an_unknown_invoice_is_at_version_0() -> None:
    given().when(msgspec.structs.replace(create(), expected_version=0)).then(CREATED)


@pytest.mark.parametrize("command", ANY[1:])
def test_a_deleted_invoice_refuses_everything(command: Command) -> None:
    given(CREATED, WORK, InvoiceDeleted()).when(command).refused("deleted")


def test_create_gives_the_invoice_then_each_line_item() -> None:
    items = (LineItem("Work", "2.5", "100.00"), LineItem("Tea", "1", "3"))
    made = given().when(create(line_items=items)).then(CREATED, WORK, TEA)
    made.state_is(version=3, total="253.00", paid="0.00", balance="253.00", status="Draft", line_items=items)


def test_an_id_is_used_once_even_if_its_invoice_was_deleted() -> None:
    given(CREATED).when(create()).refused("already-exists")
    given(CREATED, InvoiceDeleted()).when(create()).refused("already-exists")


@pytest.mark.parametrize("name", ["a", "x" * 200, "Zoë \U0001d4a2 🧑‍💻", " Ann "])
def test_a_name_has_1_to_200_characters_and_is_kept_as_given(name: str) -> None:
    given().when(create(customer_name=name)).state_is(customer_name=name, version=1)


@pytest.mark.parametrize("name", ["", "x" * 201, "  ", "\u2003\u00a0", "a\nb", "a\x00", "a\x9f", "a\ud800"])
def test_a_name_is_neither_blank_nor_too_long_nor_holds_control_characters(name: str) -> None:
    given().when(create(customer_name=name)).refused("invalid-name", "customerName")


@pytest.mark.parametrize("email", ["a@b.co", "a.b+c@mail.example.com", "ż@żółw.pl"])
def test_a_plausible_email_is_accepted(email: str) -> None:
    given().when(create(customer_email=email)).state_is(customer_email=email, version=1)


@pytest.mark.parametrize(
    "email",
    ["", "ann", "a@b", "@b.co", "a@.co", "a@b.", "a b@c.co", "a@b@c.co", "a@b.co\n", f"a@{'b' * 63}.{'c.' * 99}d"],
)
def test_an_implausible_email_is_refused(email: str) -> None:
    given().when(create(customer_email=email)).refused("invalid-email", "customerEmail")


@pytest.mark.parametrize("field", ["issue_date", "due_date"])
@pytest.mark.parametrize(
    "day", ["", "2026-02-29", "2026-13-01", "26-01-01", "20260101", "2026-W01-1", "0000-01-01", "\uff12026-01-01"]
)
def test_a_date_is_a_day_of_the_calendar(field: str, day: str) -> None:
    wire = {"issue_date": "issueDate", "due_date": "dueDate"}[field]
    given().when(create(**{field: day})).refused("invalid-date", wire)


def test_an_invoice_may_be_due_the_day_it_is_issued_but_not_before() -> None:
    given().when(create(due_date="2026-01-31")).state_is(version=1)
    given().when(create(due_date="2026-01-30")).refused("due-before-issue", "dueDate")


def test_an_invoice_is_created_with_at_most_100_items() -> None:
    item = LineItem("Tea", "1", "3")
    given().when(create(line_items=(item,) * 100)).state_is(version=101, total="300.00")
    given().when(create(line_items=(item,) * 101)).refused("too-many-items", "lineItems")


def test_a_bad_item_of_a_new_invoice_is_named_by_its_path() -> None:
    tea = LineItem("Tea", "1", "3")
    given().when(create(line_items=(tea, tea, LineItem("Tea", "1", "-1")))).refused(
        "invalid-price", "lineItems[2].price"
    )
    given().when(create(line_items=(LineItem("Tea", "0", "1"),))).refused("invalid-quantity", "lineItems[0].quantity")
    given().when(create(line_items=(LineItem("", "1", "1"),))).refused(
        "invalid-description", "lineItems[0].description"
    )
