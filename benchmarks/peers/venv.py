"""The virtual environment of the peers that are Python: what they need is not what we need, and must not meet it."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from app.local.errors import LocalError
from benchmarks.peers.contender import CACHE

LOCK = Path(__file__).with_name("requirements.lock")


def python() -> str:
    """Give its interpreter, after installing what the lock says. LocalError when that fails."""
    home = CACHE / f"python-{hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)])
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", str(LOCK)])
        (home / "complete").touch()
    return str(home / "bin" / "python")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise LocalError(f"the peers' Python packages cannot be installed: {last[:300]}")
