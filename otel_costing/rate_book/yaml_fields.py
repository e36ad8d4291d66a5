"""Reading the fields of a YAML file: each reader returns a usable value and notes what is wrong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import Listed, Mapped, Scalar, Value

_DAY_SECONDS = 86_400
_OPEN = "leave until out if it is open, write from: null if that is"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2200, 1, 1, tzinfo=UTC)


class Fields:
    """Reads the fields of one file's values, and notes what is wrong instead of stopping."""

    def __init__(self, name: str, problems: list[Problem], *, quotes: bool = True) -> None:
        """Begin to read a file.

        Args:
            name: of the file, for the problems' places.
            problems: takes what is wrong.
            quotes: whether a problem may repeat an unknown key; not where somebody may have written a secret.
        """
        self.name = name
        self._problems = problems
        self._quotes = quotes

    def wrong(self, value: Value, what: str) -> None:
        """Note a problem at the line of `value`."""
        self._problems.append(Problem(f"{self.name}:{value.line}", what))

    def of(self, value: Value, what: str, keys: dict[str, bool]) -> dict[str, Value] | None:
        """Return the fields of a mapping that may have `keys` and must have those marked True."""
        if not isinstance(value, Mapped):
            self.wrong(value, f"{what} is a mapping with {', '.join(keys)}")
            return None
        for key, field in value.fields.items():
            if key not in keys:
                such = repr(key) if self._quotes else "as here"
                self.wrong(field, f"{what} has no key {such}; the keys are {', '.join(keys)}")
        missing = [key for key, required in keys.items() if required and key not in value.fields]
        if missing:
            self.wrong(value, f"{what} lacks {', '.join(missing)}")
            return None
        return value.fields

    def text(self, value: Value | None, what: str, default: str = "") -> str:
        """Return a non-empty text; `default` where it is absent or wrong."""
        if value is None:
            return default
        if not isinstance(value, Scalar) or not value.text.strip() or value.is_null:
            self.wrong(value, f"{what} is a text")
            return default
        return value.text

    def texts(self, value: Value | None, what: str) -> tuple[str, ...]:
        """Return one text or a list of texts as a tuple."""
        if isinstance(value, Listed):
            return tuple(
                text for item in value.values if (text := self.text(item, f"each of {what}"))
            )
        return (text,) if (text := self.text(value, what)) else ()

    def one_of(self, value: Value | None, what: str, known: tuple[str, ...]) -> str:
        """Return one of `known`, the first where it is absent or wrong."""
        text = self.text(value, what, known[0])
        if value is not None and text not in known:
            self.wrong(value, f"{what} is one of {', '.join(known)}, not {text!r}")
            return known[0]
        return text

    def whole(self, value: Value, what: str) -> int | None:
        """Return a positive whole number."""
        if isinstance(value, Scalar) and re.fullmatch(r"[1-9][0-9]{0,17}", value.text):
            return int(value.text)
        self.wrong(value, f"{what} is a whole number above 0")
        return None

    def day(self, value: Value | None, what: str) -> str:
        """Return a date as `2026-10-14`; empty where it is absent or wrong."""
        text = self.text(value, what)
        if value is not None and text:
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                self.wrong(value, f"{what} is a date such as 2026-10-14, not {text!r}")
        return ""

    def instant(self, value: Value | None, what: str) -> int | None:
        """Return an instant in nanoseconds since 1970 UTC; a date is its midnight UTC.

        It is within what every column of instants holds: 1970 to 2199.
        """
        text = self.text(value, what)
        if value is None or not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.wrong(
                value, f"{what} is a date or an instant such as 2026-10-14T12:00:00Z, not {text!r}"
            )
            return None
        if moment.tzinfo is None and len(text) > len("2026-10-14"):
            self.wrong(value, f"{what} lacks its offset; write {text}Z if it is UTC")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if not _EPOCH <= moment < _END:
            self.wrong(
                value, f"{what} lies within 1970-01-01 to 2199-12-31, not at {text}; {_OPEN}"
            )
            return None
        since = moment - _EPOCH
        return (since.days * _DAY_SECONDS + since.seconds) * 10**9 + since.microseconds * 1000
