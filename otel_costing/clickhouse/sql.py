"""The SQL of this package, in files named by the question they answer."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

_HERE = "otel_costing.clickhouse"
VIEWS = (
    "root_spans",
    "retrying_spans",
    "resolved_entries",
    "costs",
    "cost_lines",
    "rollup_daily",
    "evaluated_calls",
    "outcome_runs",
    "outcome_costs",
    "closings",
    "billed",
)
"""The files of `schema/views/`, each after those that it reads."""
ASKED_WITH_PARAMETERS = frozenset(("resolved_entries",))
"""Views that are asked like a function, and cannot be read like a table."""
RETIRED = frozenset((7, 8, 11, 17, 18, 20))
"""Numbers of migrations that made views, before those had files of their own; they are never given again."""


class Migration(NamedTuple):
    """One numbered file of `schema/`."""

    version: int
    name: str
    statement: str

    @property
    def checksum(self) -> str:
        """Digest of the statement as it was run."""
        return hashlib.sha256(self.statement.encode()).hexdigest()[:32]


@cache
def query_text(name: str) -> str:
    """Return the query `queries/<name>.sql`.

    Raises:
        KeyError: there is no such query.
    """
    file = resources.files(_HERE).joinpath("queries", f"{name}.sql")
    if not name.isidentifier() or not file.is_file():
        raise KeyError(f"there is no query {name!r}")
    return file.read_text(encoding="utf-8")


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the schema's files in the order of their numbers."""
    files = [file for file in resources.files(_HERE).joinpath("schema").iterdir() if file.is_file()]
    return tuple(
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


@cache
def views() -> tuple[str, ...]:
    """Return the statements that make the views, in an order in which they can be run."""
    directory = resources.files(_HERE).joinpath("schema", "views")
    return tuple(directory.joinpath(f"{name}.sql").read_text("utf-8") for name in VIEWS)


@cache
def views_digest() -> str:
    """Return what tells views that are made of other texts, or over tables of other columns."""
    parts = [*(one.checksum for one in migrations()), *views()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def is_utf8(text: str) -> bool:
    """Tell whether a column or a parameter can hold it: an argument of other bytes has halves of surrogate pairs for them."""
    return not any("\ud800" <= one <= "\udfff" for one in text)
