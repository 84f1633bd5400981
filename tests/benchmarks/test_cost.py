"""Judging a command must not come to cost more unnoticed: counts of a fixed batch against benchmarks/cost.json.

When this fails and the new cost is worth it: `.venv/bin/python -m benchmarks.cost --accept "why"`, and commit the file.
"""

import os
import subprocess
import sys

from benchmarks.cost import Accepted, accepted, grown, python

BEFORE = Accepted("3.11", {"calls": 100.0, "bytecodes": 1000.0}, "as it was")


def test_judging_costs_at_most_a_tenth_more_than_was_accepted() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("KAWKA_")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cost"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "python_calls" in done.stdout


def test_a_cost_was_accepted_for_a_reason() -> None:
    assert accepted().note


def test_more_than_a_tenth_is_too_much() -> None:
    assert grown({"calls": 110.0}, BEFORE, "3.11") == []
    assert grown({"calls": 110.5}, BEFORE, "3.11") == ["calls: 110.5 a command, accepted were 100"]


def test_bytecodes_of_another_python_are_not_compared() -> None:
    assert grown({"bytecodes": 2000.0}, BEFORE, "3.12") == []
    assert len(grown({"bytecodes": 2000.0}, BEFORE, "3.11")) == 1


def test_the_python_that_runs_has_a_name_without_its_patch() -> None:
    assert python().count(".") == 1
