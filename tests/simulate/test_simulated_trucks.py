"""Simulated trucks: repeatable, on their roads, and as dangerous as their drivers."""

import itertools
from collections import Counter, defaultdict

from app.domain.trucks import TruckPosition, flaw
from app.simulate.trucks import STRANGER, Road, corridors, kilometres, positions

NOW = 1_800_000_000_000


def drive(seed: int, count: int, trucks: int = 40) -> list[TruckPosition]:
    return list(itertools.islice(positions(seed, trucks, 50, lambda: NOW), count))


def test_the_same_seed_gives_the_same_drives() -> None:
    assert drive(7, 500) == drive(7, 500)
    assert drive(7, 500) != drive(8, 500)


def test_every_position_is_good_and_every_truck_reports_in_turn() -> None:
    sample = drive(1, 4000)
    assert all(flaw(position, NOW, 0) is None for position in sample)
    assert set(Counter(position.truck_id for position in sample).values()) == {100}
    assert len({position.correlation_id for position in sample}) == 4000


def test_a_truck_has_one_driver_and_one_road_and_one_driver_is_a_stranger() -> None:
    facts = defaultdict(set)
    for position in drive(1, 400):
        facts[position.truck_id].add((position.driver_id, position.route_id))
    assert all(len(found) == 1 for found in facts.values())
    drivers = {driver for found in facts.values() for driver, _ in found}
    assert {11, 12, 21, 27, STRANGER} <= drivers
    assert drivers - {STRANGER} <= set(range(10, 51))


def test_some_drivers_are_dangerous_more_often() -> None:
    sample = drive(3, 40_000)
    shares = dict.fromkeys({position.driver_id for position in sample}, 0.0)
    for position in sample:
        shares[position.driver_id] += position.dangerous / 1000
    assert 0.03 < sum(position.dangerous for position in sample) / len(sample) < 0.08
    assert min(shares[27], shares[11]) > 5 * sorted(shares.values())[10]


def test_trucks_move_along_and_never_jump() -> None:
    last: dict[int, TruckPosition] = {}
    moves = []
    for position in drive(5, 40_000):
        if before := last.get(position.truck_id):
            moves.append(kilometres((before.latitude, before.longitude), (position.latitude, position.longitude)))
        last[position.truck_id] = position
    assert 0.5 < sum(moves) / len(moves) < 3  # 0.8 s at a minute a second
    assert max(moves) < 4


def test_a_road_is_driven_to_its_end_and_back() -> None:
    road = Road(corridors()[0])
    assert road.at(0) == road.at(2 * road.length) == corridors()[0].points[0]
    assert kilometres(road.at(road.length), corridors()[0].points[-1]) < 0.01
    assert kilometres(road.at(road.length + 50), road.at(road.length - 50)) < 0.01


def test_a_road_leads_past_the_place_of_the_contracts_example() -> None:
    assert any((37.31, -94.31) in corridor.points for corridor in corridors())
