"""What a program that refuses to be root, as PostgreSQL does, runs as when we are root."""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from app.local.errors import LocalError

NAME = "nobody"
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
_libc = ctypes.CDLL(None, use_errno=True)


def owner_for(directory: Path) -> tuple[int, int] | None:
    """Give uid and gid of whom to run as: who owns `directory`, else nobody; None where we are not root.

    The owner comes first, so that `sudo kawka up` goes on with what a user began. No such account: LocalError.
    """
    if os.geteuid() != 0:
        return None
    if directory.exists() and (status := directory.stat()).st_uid != 0:
        return status.st_uid, status.st_gid
    try:
        account = pwd.getpwnam(NAME)
    except KeyError as error:
        raise LocalError(f"PostgreSQL cannot run as root, and there is no user {NAME} to run it as.") from error
    return account.pw_uid, account.pw_gid


def become(uid: int, gid: int, paths: Iterable[Path]) -> Callable[[], None]:
    """Give a function for the child, between fork and exec, that becomes another user and can still reach `paths`.

    Below a home that is closed to others (/root is) the child keeps one capability of root: to pass and read
    directories. The alternative is to open the home to everybody.
    """
    closed = any(not part.stat().st_mode & stat.S_IXOTH for path in paths for part in (path, *path.parents))

    def change() -> None:
        if closed:
            _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if closed:
            _ = _keep(CAP_DAC_READ_SEARCH) or _keep(CAP_DAC_OVERRIDE)  # containers give root the second only

    return change


def _keep(capability: int) -> bool:
    """Have one capability survive the exec; all others end here. Whether we had it."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(*[1 << capability] * 3)  # effective, permitted, inheritable of 0-31, then of 32-63
    failed: int = _libc.capset(header, data) or _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
    return not failed
