"""Crash points: places where tests kill the process, as kill -9 would, to see what the next one makes of it."""

import os
import signal

COMMITTED = "between-commit-and-write"
WRITTEN = "between-write-and-next-batch"
RESTORING = "in-the-middle-of-a-restore"
UNCOMMITTED = "before-commit"

_armed: dict[str, int] = {}  # point -> how often it may still be passed


def arm(setting: str) -> None:
    """Choose the point to die at, `name` or `name:n` (the n-th time it is passed). Empty: never."""
    name, _, count = setting.partition(":")
    if name:
        _armed[name] = int(count or 1)


def point(name: str) -> None:
    """Die here if armed for it. SIGKILL to ourselves: no handler, no flush, no goodbye."""
    if _armed and name in _armed:
        _armed[name] -= 1
        if _armed[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
