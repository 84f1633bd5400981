"""The oracle of windows: tumbling 20 s, hopping 60 s every 30 s, 5 s of grace, stream time of each partition."""

from benchmarks.peers.windows import Window, Windows

KIND = "Overspeed"


def counted(*times: int) -> Windows:
    windows = Windows()
    for at in times:
        windows.take(0, KIND, at)
    return windows


def test_a_record_is_in_one_tumbling_and_two_hopping_windows() -> None:
    windows = counted(65_000, 200_000).closed()
    assert windows == {
        Window(60_000, 80_000, KIND): 1,
        Window(30_000, 90_000, KIND): 1,
        Window(60_000, 120_000, KIND): 1,
    }


def test_a_window_closes_when_stream_time_reaches_its_end_and_the_grace() -> None:
    tumbling = Window(100_000, 120_000, KIND)
    assert tumbling not in counted(119_999, 124_999).closed()
    assert counted(119_999, 125_000).closed()[tumbling] == 1


def test_a_record_within_the_grace_counts_and_one_after_it_is_late() -> None:
    tumbling = Window(100_000, 120_000, KIND)
    in_time = counted(110_000, 124_999, 119_000, 130_000)
    assert (in_time.closed()[tumbling], in_time.late) == (2, 0)
    late = counted(110_000, 125_000, 119_000)
    assert (late.closed()[tumbling], late.late) == (1, 1)


def test_a_record_that_missed_several_windows_is_late_once() -> None:
    assert counted(0, 500_000, 65_000).late == 1


def test_each_partition_has_a_time_of_its_own() -> None:
    windows = Windows()
    windows.take(0, KIND, 900_000)
    windows.take(1, "Lane Departure", 65_000)
    assert (windows.closed(), windows.late) == ({}, 0)
