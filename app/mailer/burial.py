"""What a dead letter of the mailer says about itself: the headers that those of the agents have."""

from typing import Any, Final

from app.engine.store import now_ms

AGENT: Final = b"mailer"
KEPT: Final = 2000  # characters of an error


def about(record: Any, error: str, attempts: int) -> list[tuple[str, bytes]]:
    """Give the record's own headers, where it came from and what went wrong."""
    return [
        *record.headers,
        ("source-topic", record.topic.encode()),
        ("source-partition", b"%d" % record.partition),
        ("source-offset", b"%d" % record.offset),
        ("error", error[:KEPT].encode(errors="replace")),
        ("agent", AGENT),
        ("attempts", b"%d" % attempts),
        ("time", b"%d" % now_ms()),
    ]
