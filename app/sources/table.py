"""A database table to follow: which one, into which topic, and the SQL that asks for its rows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from app.topics import Topic

_columns = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row as read: its key as text, its timestamp in microseconds since 1970, all its columns as JSON."""

    key: bytes
    micros: int
    raw: str

    @property
    def columns(self) -> dict[str, Any]:
        """The columns by name: numbers with a fraction as Decimal, dates and times as ISO 8601 text."""
        return _columns.decode(self.raw)

    @property
    def at_ms(self) -> int:
        """Its timestamp in ms since 1970, rounded down."""
        return self.micros // 1000


class TableSource(msgspec.Struct, frozen=True, kw_only=True):
    """A table followed by timestamp. `value` makes of a row what is written to `topic`, as JSON, under the row's key.

    The table needs a unique `key` column, and a `timestamp` column (timestamp, with or without zone) that every change
    sets. A row whose timestamp is null or infinite is left alone. `value` may raise: that row is refused, others go on.
    """

    name: str
    table: str
    key: str
    timestamp: str
    topic: Topic
    value: Callable[[Row], Any]

    @property
    def newer(self) -> str:
        """Rows newer than $1 (microseconds) or now, less $2, in order. The index on the timestamp serves it.

        Now, if that is earlier: else one row dated into the future would hide all others until then.
        """
        since = f"least($1::bigint, {_micros('now()')}) - $2::bigint"
        return self._rows(f"{self._timestamp} > TIMESTAMPTZ 'epoch' + ({since}) * INTERVAL '1 microsecond'")

    @property
    def chosen(self) -> str:
        """Rows with the keys $1, in order."""
        return self._rows(f"{self._key}::text = ANY($1::text[])")

    @property
    def everything(self) -> str:
        """Every key with its timestamp in microseconds, null where it has none that can be ordered."""
        return (
            f"SELECT {self._key}::text, CASE WHEN isfinite({self._timestamp}) THEN {_micros(self._timestamp)} END "  # noqa: S608 -- names are quoted, values are arguments
            f"FROM {self._table} AS t WHERE {self._key} IS NOT NULL"
        )

    def _rows(self, condition: str) -> str:
        # as JSON: no value of a column, such as an infinite date, can then fail the statement for all rows
        return (
            f"SELECT {self._key}::text, {_micros(self._timestamp)}, row_to_json(t)::text FROM {self._table} AS t "  # noqa: S608 -- the same
            f"WHERE {self._key} IS NOT NULL AND isfinite({self._timestamp}) AND {condition} "
            f"ORDER BY {self._timestamp}, {self._key}"
        )

    @property
    def _table(self) -> str:
        return ".".join(_quoted(part) for part in self.table.split("."))

    @property
    def _key(self) -> str:
        return f"t.{_quoted(self.key)}"

    @property
    def _timestamp(self) -> str:
        return f"t.{_quoted(self.timestamp)}"


def _micros(time: str) -> str:
    return f"(extract(epoch FROM {time}) * 1000000)::bigint"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
