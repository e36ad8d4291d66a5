"""The SQL of this package, in files named by the question they answer.

In a query or a view `{{conditions}}` stands for `queries/parts/conditions.sql`, what several of them have in common.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, Protocol

_HERE = "otel_costing.clickhouse"
_PART = re.compile(r"\{\{(\w+)\}\}")
VIEWS = (
    "root_spans",
    "retrying_spans",
    "resolved_entries",
    "costs",
    "costs_of_traces",
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


class Ask(Protocol):
    """Answers a query of `queries/`."""

    def __call__(
        self, name: str, parameters: Mapping[str, Any] | None = None, /
    ) -> list[dict[str, Any]]:
        """Return its rows."""


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
    """Return the query `queries/<name>.sql` with its parts in it.

    Raises:
        KeyError: there is no such query.
    """
    file = resources.files(_HERE).joinpath("queries", f"{name}.sql")
    if not name.isidentifier() or not file.is_file():
        raise KeyError(f"there is no query {name!r}")
    return _with_parts(file.read_text("utf-8"))


def _with_parts(text: str) -> str:
    folder = resources.files(_HERE).joinpath("queries", "parts")
    return _PART.sub(
        lambda place: folder.joinpath(f"{place[1]}.sql").read_text("utf-8").strip(), text
    )


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
    return tuple(
        _with_parts(directory.joinpath(f"{name}.sql").read_text("utf-8")) for name in VIEWS
    )


@cache
def views_digest() -> str:
    """Return what tells views that are made of other texts, or over tables of other columns."""
    parts = [*(one.checksum for one in migrations()), *views()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def is_utf8(text: str) -> bool:
    """Tell whether a column or a parameter can hold it: an argument of other bytes has halves of surrogate pairs for them."""
    return not any("\ud800" <= one <= "\udfff" for one in text)
