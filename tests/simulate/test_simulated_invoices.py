"""The simulator's commands are repeatable, mostly right, and wrong where a rule should show."""

import datetime as dt
import itertools
from collections import Counter

from app.domain import invoices as rules
from app.domain.decider import Rejected, valid_id
from app.simulate.invoices import invoices

TODAY = dt.date(2026, 1, 31)


def commands(seed: int, count: int) -> list[tuple[str, rules.Command]]:
    return list(itertools.islice(invoices(seed, TODAY), count))


def test_the_same_seed_gives_the_same_commands() -> None:
    assert commands(7, 500) == commands(7, 500)
    assert commands(7, 500) != commands(8, 500)


def test_every_id_is_valid_and_no_command_id_comes_twice() -> None:
    sample = commands(999_999, 2000)
    ids = [command.command_id for _, command in sample]
    assert all(map(valid_id, ids))
    assert len(set(ids)) == len(ids)
    assert all(valid_id(key) for key, _ in sample)


def test_most_commands_are_accepted_some_refused_and_every_kind_is_there() -> None:
    states: dict[str, rules.Invoice] = {}
    refused: Counter[str] = Counter()
    sample = commands(1, 5000)
    for key, command in sample:
        state = states.get(key, rules.initial(key))
        if command.expected_version not in (None, state.version):
            refused["version-conflict"] += 1
            continue
        match rules.decide(command, state):
            case Rejected() as rejected:
                refused[rejected.code] += 1
            case events:
                states[key] = rules.fold(state, events)
    assert 0.01 < refused.total() / len(sample) < 0.06
    assert len(refused) >= 3
    kinds = {type(command) for _, command in sample}
    assert kinds >= {rules.CreateInvoice, rules.AddLineItem, rules.RemoveLineItem, rules.SendInvoice, rules.PayInvoice}
    assert {state.status for state in states.values()} >= {"Draft", "Sent", "Paid"}
