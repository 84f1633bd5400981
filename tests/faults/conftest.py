"""A cluster of its own for each fault."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.workers import Cluster


@pytest.fixture
async def cluster(broker: str, tmp_path: Path, unique: Callable[[str], str]) -> AsyncIterator[Cluster]:
    async with Cluster(broker, tmp_path, unique("fault")) as cluster:
        yield cluster
