"""What is said of a run, to programs and to people."""

import pytest

from benchmarks.failover import stalled
from benchmarks.kept import markdown
from benchmarks.outcome import Outcome, medians, quantile, text
from benchmarks.sight import Seen


def outcome(rate: float, *faults: str) -> Outcome:
    return Outcome("w1", "kawka", 1, {"rate_per_s": rate, "p50_ms": None}, faults)


def test_a_line_has_the_names_of_the_contract() -> None:
    assert outcome(5).line() == {
        "benchmark": "w1", "system": "kawka", "workers": 1, "rate_per_s": 5, "p50_ms": None, "verified": True,
    }  # fmt: skip


def test_a_fault_takes_the_verification_away() -> None:
    line = outcome(5, "two results").line()
    assert (line["verified"], line["faults"]) == (False, ["two results"])


def test_medians_are_of_each_figure_and_say_how_far_the_runs_lie_apart() -> None:
    figures = medians([outcome(1), outcome(9), outcome(2)]).figures
    assert (figures["runs"], figures["rate_per_s"]) == (3, 2)
    assert (figures["rate_min_per_s"], figures["rate_max_per_s"]) == (1, 9)


def test_one_wrong_run_is_a_fault_of_them_all() -> None:
    assert medians([outcome(1), outcome(2, "lost")]).faults == ("lost",)


def test_quantiles_are_values_that_occurred() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [quantile(values, share) for share in (0, 0.5, 0.99, 1)] == [1, 3, 5, 5]
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_figures_are_written_without_false_precision() -> None:
    assert [text(value) for value in (None, True, 51234.5, 12.34, 1.234, 3)] == [
        "-",
        "True",
        "51,234",
        "12.3",
        "1.23",
        "3",
    ]


def test_kept_figures_are_a_markdown_table() -> None:
    rows = [line for line in markdown("w1", [outcome(5)], "today").splitlines() if line.startswith("|")]
    assert rows == ["| system | workers | rate per s | p50 ms | verified |", "| --- | ---: | ---: | ---: | ---: |",
                    "| kawka | 1 | 5 | - | yes |"]  # fmt: skip


def test_a_stall_is_the_longest_silence_that_lasts_beyond_the_moment() -> None:
    second = 1_000_000_000
    seen = [Seen(0, at * second) for at in (0, 5, 6, 9, 10)]
    assert stalled(seen, 5 * second + 1) == {0: (3.0, pytest.approx(4.0))}


def test_a_silence_that_began_before_the_moment_counts_from_its_beginning() -> None:
    second = 1_000_000_000
    assert stalled([Seen(0, 0), Seen(0, 4 * second)], 2 * second) == {0: (4.0, 2.0)}
