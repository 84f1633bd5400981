"""A worker whose judge fails for one invoice as long as a file is there: a bug, and its mending."""

import os
from pathlib import Path
from typing import Any

import agents.invoices as agent
from app.main import run

POISON = Path(os.environ["POISON_FILE"])
KEY = b"poisoned"
judge = agent.judge


def failing(record: Any, tx: Any) -> None:
    if record.key == KEY and POISON.exists() and POISON.read_text() in record.value.decode():
        raise RuntimeError("a bug in the handler")
    judge(record, tx)


agent.judge = failing  # type: ignore[assignment]
if __name__ == "__main__":
    run()
