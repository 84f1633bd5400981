"""W1 is the same for everybody, and judged by the rules it ends as a proof expects."""

from decimal import Decimal

import pytest

from app import codec
from app.domain import invoices
from app.domain.decider import Rejected
from benchmarks.workload import EVENTS_PER_INVOICE, LAST_VERSION, additions, commands, creations, payments, total


def test_it_is_the_same_in_every_run() -> None:
    assert list(commands(100)) == list(commands(100))


def test_each_name_has_invoices_and_commands_of_its_own() -> None:
    one, other = list(commands(100)), list(commands(100, "other"))
    assert not {command.key for command in one} & {command.key for command in other}
    assert not {command.id for command in one} & {command.id for command in other}


def test_a_number_of_commands_that_leaves_an_invoice_unfinished_is_refused() -> None:
    with pytest.raises(ValueError, match="not a multiple"):
        list(commands(15))


def test_every_command_is_accepted_and_every_invoice_ends_paid() -> None:
    states: dict[bytes, invoices.Invoice] = {}
    events = 0
    for command in commands(20_000):
        state = states.get(command.key) or invoices.initial(command.key.decode())
        decision = invoices.decide(codec.invoice_commands.decode(command.value), state)
        assert not isinstance(decision, Rejected)
        states[command.key] = invoices.fold(state, decision)
        events += len(decision)
    assert events == len(states) * EVENTS_PER_INVOICE == 22_000
    for number, state in enumerate(states.values()):
        assert (state.status, state.version) == ("Paid", LAST_VERSION)
        assert state.paid == state.total == Decimal(total(number))


def test_creations_additions_and_payments_are_accepted_one_after_the_other() -> None:
    made = list(creations(20))
    assert len({command.key for command in made}) == len({command.id for command in made}) == 20
    for first in made:
        state = invoices.initial(first.key.decode())
        for command in (first, *additions([first.key]), *payments([first.key], "p"), *payments([first.key], "q")):
            decision = invoices.decide(codec.invoice_commands.decode(command.value), state)
            assert not isinstance(decision, Rejected)
            state = invoices.fold(state, decision)
        assert (state.version, str(state.paid)) == (5, "0.02")


def test_additions_to_the_same_keys_have_ids_of_their_own() -> None:
    assert len({command.id for command in additions([b"a", b"a", b"b"])}) == 3
