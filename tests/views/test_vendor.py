"""What we took from npm is what npm holds: byte for byte, but for the paths of imports."""

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "views" / "static" / "vendor", ROOT / "tests" / "vendor"]


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "tests"])
def test_every_vendored_script_has_the_sum_of_its_lock_file(folder: Path) -> None:
    lock = json.loads((folder / "vendor.lock.json").read_text())
    there = {path.name for path in folder.iterdir() if path.is_file() and path.suffix in {".js", ".json"}}
    assert there - {"vendor.lock.json"} == set(lock["files"])
    for name, entry in lock["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert lock["packages"][entry["package"]]["integrity"].startswith("sha512-")


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "tests"])
def test_every_vendored_package_comes_with_its_licence(folder: Path) -> None:
    lock = json.loads((folder / "vendor.lock.json").read_text())
    licences = " ".join(path.name for path in folder.rglob("*.txt"))
    for package in lock["packages"]:
        assert package.lstrip("@").replace("/", "-").removesuffix("-core") in licences
