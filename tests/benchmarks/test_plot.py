"""Plots are well-formed SVG whose lengths are what was measured."""

from xml.etree import ElementTree as ET

from benchmarks.peers.plot import Bar, Chart, bars, lines

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_twice_as_high_is_twice_as_long() -> None:
    chart = Chart("rates", [Bar("a", 100, 100, 100, ours=True), Bar("b", 50, 40, 60, ours=False)])
    long, short = ET.fromstring(bars([chart])).iter(f"{SVG}rect")
    assert float(long.attrib["width"]) == 2 * float(short.attrib["width"])


def test_only_runs_that_lie_apart_have_a_whisker() -> None:
    chart = Chart("rates", [Bar("a", 100, 100, 100, ours=True), Bar("b", 50, 40, 60, ours=False)])
    assert len(list(ET.fromstring(bars([chart])).iter(f"{SVG}path"))) == 1


def test_names_may_hold_what_xml_reserves() -> None:
    texts = [one.text for one in ET.fromstring(bars([Chart("<&>", [])])).iter(f"{SVG}text")]
    assert texts == ["<&>"]


def test_a_line_goes_through_every_point() -> None:
    drawn = ET.fromstring(lines("rates", "keys", {"ours": [(10, 1), (100, 2), (1000, 3)], "theirs": [(10, 5)]}))
    assert len(list(drawn.iter(f"{SVG}circle"))) == 4


def test_figures_of_lines_that_lie_close_do_not_touch() -> None:
    drawn = ET.fromstring(lines("rates", "keys", {"ours": [(10, 100), (1000, 99)], "theirs": [(10, 99), (1000, 100)]}))
    for x in {one.attrib["cx"] for one in drawn.iter(f"{SVG}circle")}:
        figures = [
            float(one.attrib["y"])
            for one in drawn.iter(f"{SVG}text")
            if one.attrib["x"] == x and one.text in {"100", "99"}
        ]
        assert abs(figures[0] - figures[1]) > 20


def test_nothing_measured_draws_nothing_and_does_not_fail() -> None:
    assert ET.fromstring(bars([])).tag == ET.fromstring(lines("", "", {})).tag == f"{SVG}svg"
