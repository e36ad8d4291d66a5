"""The directory of rate tables, as a refresh reads and writes it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import NAMES_FILE, table_paths
from otel_costing.rate_book.files import Table
from otel_costing.rate_keeping.catalogue import Catalogue, CatalogueTable
from otel_costing.rate_keeping.writing import head_of, write_table

_WIDTH = 112
_ORIGIN = (
    "Prices as published by the provider, by way of the catalogue named as `via` (MIT, see README.md). USD; `per` as "
    "in meters.yaml: a million tokens, a thousand searches, an hour of audio."
)


def comments_in_tables(directory: Path) -> list[Problem]:
    """Return a problem for each comment below the head of a table, which writing the table would lose."""
    return [
        Problem(f"{path}:{number}", "move this comment into a note, or above the first key")
        for path in table_paths(directory)
        if path.name != NAMES_FILE
        for number in _comments_below(path.read_text(encoding="utf-8"))
    ]


def _comments_below(text: str) -> Iterable[int]:
    first = head_of(text).count("\n") + 1
    lines = text.splitlines()
    return (at for at in range(first, len(lines) + 1) if lines[at - 1].lstrip().startswith("#"))


def write_tables(directory: Path, tables: Sequence[Table], catalogue: Catalogue) -> list[Path]:
    """Write the tables whose text changes; return their files."""
    heads = {each.provider: each for each in catalogue.tables}
    written = []
    for table in tables:
        path = Path(table.name) if table.name else directory / f"{table.provider}.yaml"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        head = head_of(before) if before else _head(heads[table.provider])
        text = write_table(table, head)
        if text != before:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _head(table: CatalogueTable) -> str:
    said = f" {table.comment}" if table.comment else ""
    paragraphs = [f"{table.title}.{said}", _ORIGIN]
    wrapped = (
        textwrap.wrap(each, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for each in paragraphs
    )
    lines = [f"# {line}" for paragraph in wrapped for line in paragraph]
    return "\n".join([*lines, "# yaml-language-server: $schema=./schema.json", ""])
