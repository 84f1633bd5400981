"""What holds for every sequence of commands, found by hypothesis rather than by example."""

from fractions import Fraction
from typing import TypeVar

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.codec import decode_command, encode, invoice_events, invoice_snapshots
from app.domain.decider import Rejected
from app.domain.invoice_refusals import REFUSALS
from app.domain.invoices import (
    AddLineItem,
    Command,
    CreateInvoice,
    Decision,
    DeleteInvoice,
    Event,
    Invoice,
    LineItem,
    PayInvoice,
    RemoveLineItem,
    SendInvoice,
    decide,
    evolve,
    fold,
    initial,
)

T = TypeVar("T")


def mostly(usual: st.SearchStrategy[T], odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.integers(0, 9).flatmap(lambda n: usual if n else odd)


def plain(whole: int, most_decimals: int) -> st.SearchStrategy[str]:
    decimals = st.text("0123456789", max_size=most_decimals).map(lambda digits: f".{digits}" if digits else "")
    return st.builds("{}{}".format, st.integers(0, whole), decimals)


text = mostly(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20), st.text())
quantity = mostly(st.one_of(plain(9, 6), plain(10**9 - 1, 6)), st.text() | plain(10**12, 9))
price = mostly(st.one_of(plain(9, 2), plain(10**9 - 1, 2)), st.text() | plain(10**12, 9))
email = mostly(st.just("ann@example.com"), st.text())
day = mostly(st.dates().map(str), st.text())
line_items = st.lists(st.builds(LineItem, text, quantity, price), max_size=4).map(tuple)

ids = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
head = {"command_id": ids, "origin_id": ids, "expected_version": mostly(st.none(), st.integers())}
create = st.builds(
    CreateInvoice,
    **head,
    customer_name=text,
    customer_email=email,
    issue_date=mostly(st.just("2026-01-31"), day),
    due_date=mostly(st.just("2026-01-31"), day),
    line_items=line_items,
)
others: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddLineItem, **head, description=text, quantity=quantity, price=price),
    st.builds(AddLineItem, **head, description=text, quantity=quantity, price=price),
    st.builds(RemoveLineItem, **head, index=mostly(st.integers(0, 3), st.integers())),
    st.builds(SendInvoice, **head),
    st.builds(PayInvoice, **head, amount=st.none() | price),
    mostly(st.builds(PayInvoice, **head, amount=plain(3, 2)), st.builds(DeleteInvoice, **head)),
    mostly(st.builds(SendInvoice, **head), create),
)
histories: st.SearchStrategy[list[Command]] = st.builds(
    lambda first, rest: [first, *rest], create, st.lists(others, max_size=15)
)


class Judge:
    """What the engine does for commands in production, in the small: a command id seen before has no second effect."""

    def __init__(self) -> None:
        self.state = initial("inv-1")
        self.events: list[Event] = []
        self.seen: set[str] = set()

    def judge(self, command: Command) -> Decision:
        if command.command_id in self.seen:
            return []
        self.seen.add(command.command_id)
        decision = decide(command, self.state)
        if not isinstance(decision, Rejected):
            self.state = fold(self.state, decision)
            self.events += decision
        return decision


def exact_total(items: tuple[LineItem, ...]) -> Fraction:
    """The total by fractions: round() of a Fraction is half-even, and exact."""
    return sum(
        (Fraction(round(Fraction(item.quantity) * Fraction(item.price) * 100), 100) for item in items), Fraction()
    )


@given(histories)
def test_each_event_is_one_version_and_a_refusal_is_none(history: list[Command]) -> None:
    state = initial("inv-1")
    for command in history:
        decision = decide(command, state)
        if isinstance(decision, Rejected):
            assert decision.code in REFUSALS
            continue
        assert decision
        for event in decision:
            before, state = state, evolve(state, event)
            assert state.version == before.version + 1


@given(histories)
def test_the_state_is_the_fold_of_the_events_as_they_are_stored(history: list[Command]) -> None:
    judge = Judge()
    for command in history:
        judge.judge(command)
        stored = [invoice_events.decode(encode(event)) for event in judge.events]
        assert fold(initial("inv-1"), stored) == judge.state


@given(histories)
def test_the_total_is_exact_and_the_balance_is_what_is_left_of_it(history: list[Command]) -> None:
    judge = Judge()
    for command in history:
        judge.judge(command)
        state = judge.state
        assert Fraction(state.total) == exact_total(state.line_items)
        assert Fraction(state.balance) == Fraction(state.total) - Fraction(state.paid) >= 0
        assert (state.status == "Paid") == (state.paid > 0 and state.balance == 0)


@given(histories)
def test_a_snapshot_survives_json_and_its_money_has_two_decimals(history: list[Command]) -> None:
    judge = Judge()
    for command in history:
        judge.judge(command)
        raw = encode(judge.state)
        assert invoice_snapshots.decode(raw) == judge.state
        assert encode(invoice_snapshots.decode(raw)) == raw
        fields = msgspec.json.decode(raw)
        assert all(fields[name][-3] == "." for name in ("total", "paid", "balance"))


@given(histories)
def test_a_repeated_command_yields_nothing(history: list[Command]) -> None:
    judge = Judge()
    for command in history:
        judge.judge(command)
        after = judge.state
        assert judge.judge(command) == []
        assert judge.state is after


@given(histories)
def test_a_command_that_expects_the_version_it_met_is_refused_when_it_comes_again(history: list[Command]) -> None:
    # Without command ids, the version is what keeps a repeated command from having a second effect.
    state = initial("inv-1")
    for command in history:
        careful = msgspec.structs.replace(command, expected_version=state.version)
        decision = decide(careful, state)
        if not isinstance(decision, Rejected):
            state = fold(state, decision)
            again = decide(careful, state)
            assert isinstance(again, Rejected)
            assert again.code == "version-conflict"


@given(histories)
def test_any_decoded_command_is_judged_without_an_exception(history: list[Command]) -> None:
    judge = Judge()
    for command in history:
        assert decode_command(encode(command)) == command
        encode(judge.judge(command))


numbers = st.from_regex(r"(0|[1-9][0-9]{0,8})", fullmatch=True)
anything: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        dict, type=st.just("InvoiceCreated"), customerName=text, customerEmail=text, issueDate=text, dueDate=text
    ),
    st.builds(dict, type=st.just("LineItemAdded"), description=st.text(), quantity=numbers, price=numbers),
    st.builds(dict, type=st.just("LineItemRemoved"), index=st.integers()),
    st.builds(dict, type=st.just("PaymentReceived"), amount=numbers.map("{}.00".format)),
    st.builds(dict, type=st.sampled_from(["InvoiceSent", "InvoiceDeleted"])),
).map(lambda fields: invoice_events.decode(encode(fields)))


@given(st.lists(anything, max_size=20))
def test_evolve_takes_any_decoded_events_in_any_order(events: list[Event]) -> None:
    state: Invoice = fold(initial("inv-1"), events)
    assert state.version == len(events)
    assert invoice_snapshots.decode(encode(state)) == state
