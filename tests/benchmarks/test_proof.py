"""A run counts only when every output is right: each way to be wrong has its sentence."""

from types import SimpleNamespace
from typing import Any

from benchmarks.proof import Proof
from benchmarks.workload import total


def result(command_id: str, *, ok: str = "true") -> Any:
    value = f'{{"commandId":"{command_id}","ok":{ok},"version":1}}'.encode()
    return SimpleNamespace(topic="r", partition=0, offset=0, value=value)


def event(version: int) -> Any:
    return SimpleNamespace(key=b"i", value=f'{{"commandId":"c","version":{version}}}'.encode())


def snapshot(status: str = "Paid", paid: str | None = None) -> Any:
    amount = paid or total(0)
    fields = f'"customerName":"Customer 0","status":"{status}","total":"{total(0)}","paid":"{amount}","version":11'
    return SimpleNamespace(key=b"i", value=f"{{{fields}}}".encode())


def proof() -> Proof:
    right = Proof(10)
    right.results([result(f"c{number}") for number in range(10)])
    right.events([event(version) for version in range(1, 12)])
    right.snapshots([snapshot()])
    return right


def test_a_right_run_has_no_faults() -> None:
    assert proof().faults() == ()


def test_a_result_too_many_is_a_fault() -> None:
    wrong = proof()
    wrong.results([result("c3")])
    assert wrong.faults() == ("1 commands have more than one result",)


def test_a_result_too_few_is_a_fault() -> None:
    wrong = Proof(20)
    wrong.results([result(f"c{number}") for number in range(19)])
    assert "19 of 20 commands have a result" in wrong.faults()


def test_a_refusal_is_a_fault() -> None:
    wrong = Proof(10)
    wrong.results([result("c", ok="false")])
    assert "1 commands were refused" in wrong.faults()


def test_an_event_that_does_not_follow_is_a_fault() -> None:
    wrong = Proof(10)
    wrong.events([event(1), event(3)])
    assert "1 events do not follow the version before" in wrong.faults()


def test_an_invoice_that_is_not_paid_or_not_in_full_is_a_fault() -> None:
    for last in (snapshot("Draft"), snapshot(paid="0.01")):
        wrong = proof()
        wrong.snapshots([last])
        assert wrong.faults() == ("1 invoices are not paid in full",)
