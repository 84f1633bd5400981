"""given(events).when(command).then(events), or .refused(code): how the rules of a domain are told."""

from dataclasses import dataclass
from typing import Self

from app.domain.decider import Rejected
from app.domain.invoice_refusals import REFUSALS
from app.domain.invoices import Command, Decision, Event, Invoice, decide, evolve, fold, initial

__all__ = ["Given", "given"]


@dataclass
class Given:
    """An invoice with a past, and what became of the last command."""

    state: Invoice
    decision: Decision | None = None

    def when(self, *commands: Command) -> Self:
        """Judge `commands` in order, each on what the one before it left."""
        for command in commands:
            self.decision = decide(command, self.state)
            if not isinstance(self.decision, Rejected):
                self.state = fold(self.state, self.decision)
        return self

    def then(self, *events: Event) -> Self:
        """The last command gave exactly `events`."""
        assert self.decision == list(events)
        return self

    def refused(self, code: str, field: str | None = None) -> Self:
        """The last command was refused by `code`, which names `field`."""
        assert isinstance(self.decision, Rejected), self.decision
        assert (self.decision.code, self.decision.field) == (code, field)
        assert code in REFUSALS
        assert "{" not in self.decision.message
        return self

    def state_is(self, **expected: object) -> Self:
        """These fields of the invoice hold these values; money may be given as text."""
        actual = {name: getattr(self.state, name) for name in expected}
        assert {
            name: str(value) if isinstance(expected[name], str) else value for name, value in actual.items()
        } == expected
        return self


def given(*events: Event) -> Given:
    """An invoice to which `events` happened; none: an id never used."""
    state = initial("inv-1")
    for event in events:
        state = evolve(state, event)
    return Given(state)
