"""Whether a run of W1 did what it should: every command decided once, every invoice paid, every version there."""

from array import array
from collections.abc import Callable
from typing import Any

import msgspec
from aiokafka import TopicPartition

from benchmarks.workload import EVENTS_PER_INVOICE, LAST_VERSION, PER_INVOICE, total


class _Result(msgspec.Struct, rename="camel"):
    command_id: str
    ok: bool
    version: int


class _Event(msgspec.Struct, rename="camel"):
    command_id: str
    version: int


class _Invoice(msgspec.Struct, rename="camel"):
    customer_name: str
    status: str
    total: str
    paid: str
    version: int


_result: Callable[[bytes], _Result] = msgspec.json.Decoder(_Result).decode
_event: Callable[[bytes], _Event] = msgspec.json.Decoder(_Event).decode
_invoice: Callable[[bytes], _Invoice] = msgspec.json.Decoder(_Invoice).decode


class Proof:
    """Takes in the outputs, a list of one partition's records at a time, then names what is wrong with them."""

    def __init__(self, commands: int) -> None:
        self.firsts: dict[TopicPartition, int] = {}
        self.lasts: dict[TopicPartition, int] = {}
        self.offsets: dict[TopicPartition, array[int]] = {}  # of every result, in order
        self._commands = commands
        self._decided: set[str] = set()
        self._refused = 0
        self._repeated = 0
        self._events = 0
        self._versions: dict[bytes, int] = {}
        self._gaps = 0
        self._invoices: dict[bytes, bytes] = {}

    def results(self, records: list[Any]) -> None:
        """Take in records of command-results."""
        tp = TopicPartition(records[0].topic, records[0].partition)
        self.firsts.setdefault(tp, records[0].offset)
        self.lasts[tp] = records[-1].offset
        self.offsets.setdefault(tp, array("q")).extend(record.offset for record in records)
        for record in records:
            result = _result(record.value)
            self._refused += not result.ok
            self._repeated += result.command_id in self._decided
            self._decided.add(result.command_id)

    def events(self, records: list[Any]) -> None:
        """Take in records of invoice-events."""
        versions = self._versions
        for record in records:
            version = _event(record.value).version
            self._gaps += version != versions.get(record.key, 0) + 1
            versions[record.key] = version
        self._events += len(records)

    def snapshots(self, records: list[Any]) -> None:
        """Take in records of invoice-snapshots."""
        self._invoices.update((record.key, record.value) for record in records)

    def undecided(self) -> tuple[str, ...]:
        """Say what is wrong with the results alone."""
        return tuple(fault for fault, fine in self._results_checks().items() if not fine)

    def faults(self) -> tuple[str, ...]:
        """Say what is wrong, in a sentence each; nothing when the run counts."""
        invoices = self._commands // PER_INVOICE
        unpaid = sum(not _paid(_invoice(raw)) for raw in self._invoices.values())
        short = sum(version != LAST_VERSION for version in self._versions.values())
        checks = self._results_checks() | {
            f"{self._events} events, expected {invoices * EVENTS_PER_INVOICE}": self._events
            == invoices * EVENTS_PER_INVOICE,
            f"{self._gaps} events do not follow the version before": not self._gaps,
            f"{short} of {len(self._versions)} histories do not end at version {LAST_VERSION}": not short,
            f"{len(self._invoices)} invoices, expected {invoices}": len(self._invoices) == invoices,
            f"{unpaid} invoices are not paid in full": not unpaid,
        }
        return tuple(fault for fault, fine in checks.items() if not fine)

    def _results_checks(self) -> dict[str, bool]:
        return {
            f"{len(self._decided)} of {self._commands} commands have a result": len(self._decided) == self._commands,
            f"{self._repeated} commands have more than one result": not self._repeated,
            f"{self._refused} commands were refused": not self._refused,
        }


def _paid(invoice: _Invoice) -> bool:
    number = int(invoice.customer_name.removeprefix("Customer "))
    return (invoice.status, invoice.version) == ("Paid", LAST_VERSION) and invoice.paid == invoice.total == total(
        number
    )
