"""`tables` and `agents` are also projects on PyPI: ours must be the ones that are imported."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["app", "agents", "tables", "views"])
def test_the_package_imported_is_ours(name: str) -> None:
    assert Path(str(importlib.import_module(name).__file__)).is_relative_to(ROOT / name)
