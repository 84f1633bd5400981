"""What a run was asked for."""

from typing import NamedTuple


class Options(NamedTuple):
    """`workers`, `commands` and `rate` 0: the benchmark's own. `keep`: leave the directory of data and logs."""

    workers: int = 0
    commands: int = 0
    rate: int = 0
    keep: bool = False
