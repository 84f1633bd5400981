"""Text that people type: names, e-mail addresses, dates."""

import re
from datetime import date

# Lone surrogates cannot come in as JSON, but must not get in otherwise either: they cannot be encoded again.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search
_EMAIL = re.compile(r"[^\s@]{1,64}@(?:[^\s@.]{1,63}\.)+[^\s@.]{1,63}").fullmatch
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def is_line(text: str, longest: int) -> bool:
    """One line of 1 to `longest` characters, not all of them blank, without control characters."""
    if not 0 < len(text) <= longest or text.isspace():
        return False
    # isprintable is quick, but also false for an emoji's joiner or a no-break space, which are welcome.
    return text.isprintable() or _UNPRINTABLE(text) is None


def is_email(text: str) -> bool:
    """Plausible: local@domain.tld, at most 254 characters (RFC 5321). Whether anyone reads it only a mail can tell."""
    return is_line(text, 254) and _EMAIL(text) is not None


def is_date(text: str) -> bool:
    """A day of the calendar as yyyy-mm-dd; two such texts compare like their days."""
    if _DATE(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
