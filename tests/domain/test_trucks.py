"""What the door lets in of what trucks tell."""

import pytest
from msgspec import structs

from app.domain.trucks import TEN_YEARS_MS, TruckPosition, flaw

NOW = 1_800_000_000_000
HOUR = 3_600_000
GOOD = TruckPosition(NOW, 101, 27, 1927624662, "Normal", 37.31, -94.31, "-4802309397906690837")


def refused(**changes: object) -> str | None:
    found = flaw(structs.replace(GOOD, **changes), NOW, HOUR)
    return found[0] if found else None


def test_a_good_position_comes_in() -> None:
    assert refused() is None


def test_an_unknown_event_type_comes_in_and_is_dangerous() -> None:
    assert refused(event_type="Juggling") is None
    assert structs.replace(GOOD, event_type="Juggling").dangerous
    assert not GOOD.dangerous


@pytest.mark.parametrize("degrees", [-90.0, 90.0, 0.0])
def test_latitudes_end_at_the_poles(degrees: float) -> None:
    assert refused(latitude=degrees) is None
    assert refused(latitude=degrees * 1.001 + (degrees == 0) * 999) == "latitude"


def test_a_place_that_is_no_number_is_refused() -> None:
    assert refused(latitude=float("nan")) == "latitude"
    assert refused(longitude=float("inf")) == "longitude"


def test_a_clock_may_be_ahead_as_far_as_the_setting_says() -> None:
    assert refused(timestamp=NOW + HOUR) is None
    assert refused(timestamp=NOW + HOUR + 1) == "timestamp"


def test_ten_years_back_is_too_old_and_before_1970_nothing_was() -> None:
    assert refused(timestamp=NOW - TEN_YEARS_MS) is None
    assert refused(timestamp=NOW - TEN_YEARS_MS - 1) == "timestamp"
    assert flaw(structs.replace(GOOD, timestamp=-1), 0, HOUR) is not None


@pytest.mark.parametrize("field", ["truck_id", "driver_id", "route_id"])
def test_ids_are_natural_numbers_of_63_bits(field: str) -> None:
    assert refused(**{field: 2**63 - 1}) is None
    assert refused(**{field: 2**63})
    assert refused(**{field: -1})


@pytest.mark.parametrize("text", ["", "x" * 65, "a\nb", "\x00"])
def test_texts_are_one_short_line(text: str) -> None:
    assert refused(event_type=text) == "eventType"
    assert refused(correlation_id=text) == "correlationId"
