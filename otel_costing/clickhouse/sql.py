"""The SQL of this package, in files named by the question they answer."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

_HERE = "otel_costing.clickhouse"


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
