"""What is kept can be read again, and the page says which runs did not count and who was skipped."""

from pathlib import Path
from typing import Any

import msgspec

from benchmarks.outcome import Outcome
from benchmarks.peers.found import Found, best
from benchmarks.peers.found import outcome as read
from benchmarks.peers.page import page


def outcome(rate: float, *faults: str, key: str = "kawka-1", **figures: Any) -> Outcome:
    return Outcome("w1", key.title(), 1, {"key": key, "rate_per_s": rate, **figures}, faults)


def kept(directory: Path, *runs: Outcome, **skipped: str) -> str:
    Found("w1", list(runs), skipped, {"kawka-1": {"threads": "1"}}, 0.1).save(directory)
    return page(directory)


def test_medians_are_of_the_runs_that_count() -> None:
    (middle,) = best([outcome(1), outcome(3), outcome(900, "lost a command")])
    assert (middle.figures["rate_per_s"], middle.figures["runs"], middle.faults) == (2, 2, ())


def test_a_contender_without_a_run_that_counts_says_why() -> None:
    (middle,) = best([outcome(1, "lost"), outcome(2, "lost more")])
    assert middle.faults == ("lost",)


def test_figures_at_different_rates_are_not_mixed() -> None:
    middle = best([outcome(1, at_rate_per_s=100), outcome(2, at_rate_per_s=500)])
    assert len(middle) == 2


def test_a_line_of_the_json_is_an_outcome_again(tmp_path: Path) -> None:
    runs = [outcome(5), outcome(7, "lost")]
    kept(tmp_path, *runs)
    lines = msgspec.json.decode((tmp_path / "peers-w1.json").read_bytes())["runs"]
    assert [read(line) for line in lines] == runs


def test_the_page_has_a_row_each_with_the_spread_of_its_runs(tmp_path: Path) -> None:
    written = kept(tmp_path, outcome(1000), outcome(3000), outcome(2000), outcome(9, key="faust"))
    assert "| Kawka-1 | 1 | 3 | 2,000 (1,000 - 3,000) |" in written
    assert "| Faust | 1 | 1 | 9 |" in written


def test_trucks_have_a_table_a_plot_and_aims_of_their_own(tmp_path: Path) -> None:
    figures = {"rate_per_s": 80_000, "cpu_us_per_item": 11.5, "windows": 40, "late": 7}
    runs = [Outcome("w2", key, 2, {"key": key, **figures}) for key in ("kawka-2", "streams-2")]
    Found("w2", runs, {}, {}, 0.1).save(tmp_path)
    written = page(tmp_path)
    assert "| kawka-2 | 2 | 1 | 80,000 | 11.5 | - | - | - | - | 40 | 7 | yes |" in written
    assert "| W2, two workers: rate / Kafka Streams, defaults, 2 threads | 1.00 |" in written
    assert "W2: truck positions a second" in (tmp_path / "peers.svg").read_text()


def test_the_page_says_what_did_not_count_and_who_was_skipped(tmp_path: Path) -> None:
    written = kept(tmp_path, outcome(1), outcome(2, "lost"), Streams="there is no javac")
    assert "- did not count: Kawka-1: lost" in written
    assert "- skipped: Streams: there is no javac" in written


def test_the_page_judges_the_aims_and_has_a_plot(tmp_path: Path) -> None:
    written = kept(tmp_path, outcome(300, key="kawka-2"), outcome(100, key="streams-2"))
    assert (
        "| W1, two workers: rate / Kafka Streams, defaults, 2 threads | 3.00 | at least 3 (hoped for: 4) | reached |"
        in written
    )
    assert "not measured" in written
    assert (tmp_path / "peers.svg").read_text().startswith("<svg")
