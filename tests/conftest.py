"""What the tests share: one real Kafka for the run, and names that no other test uses."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app.local.kafka import LocalKafka

for _name in [name for name in os.environ if name.startswith("KAWKA_") and name != "KAWKA_CACHE"]:
    del os.environ[_name]  # a developer's own settings are none of the tests' business

# A stalling machine makes no rule wrong. What Hypothesis chooses for where it runs stays: in CI, the same examples.
settings.register_profile(
    "kawka", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("kawka")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Start the run's Kafka, on a port of its own. Whoever kills it starts a `LocalKafka` for that instead."""
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def broker(kafka: LocalKafka) -> str:
    """Give the address of the run's Kafka, host:port."""
    return kafka.broker


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Name things (topics, groups, prefixes) so that no other test has them: unique("orders") -> "orders-t17"."""
    number = next(_numbers)
    return lambda name: f"{name}-t{number}"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Give an empty directory for a process's state."""
    return tmp_path / "kawka"
