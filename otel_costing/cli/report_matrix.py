"""`otel-costing report --matrix`: who pays for whose code, callers down and owners across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape

from otel_costing.cli.output import UNATTRIBUTED, on_one_line, rounded_column, table
from otel_costing.documents.report import CLAIMS, Row
from otel_costing.rollup import Total
from otel_costing.team_matrix import BY, Cell, Matrix, Others, Team, folded, matrix_of

_MOST_CALLERS = 20
_LABEL, _COLUMN = 20, 12
"""Characters for the names of callers, and for each of the amounts beside them, or more where one is longer."""
_GAP = 2
"""Characters between two columns."""
_NO_CALLS = Decimal("NaN")
"""Stands where two teams have nothing to do with each other."""


def matrix_columns(*, claims: bool) -> tuple[str, ...]:
    """Return the columns of a matrix as CSV has it, a row for each pair of teams."""
    return (*BY, "usd", "calls", "unpriced_calls", *(CLAIMS if claims else ()))


def matrix_rows(totals: Sequence[Total], *, claims: bool) -> list[Row]:
    """Return a row for each pair of teams, dearest first; absent is None."""
    return [
        {**dict(zip(BY, one.values, strict=True)), **_figures(one, claims=claims)} for one in totals
    ]


def matrix_document(
    totals: Sequence[Total], asked: Mapping[str, Any], *, claims: bool
) -> dict[str, Any]:
    """Return the matrix as JSON has it: its pairs, both of its edges, and the total that each of the three sums to."""
    matrix = matrix_of(totals)
    return {
        "rows": matrix_rows(totals, claims=claims),
        "callers": _edge(matrix.callers, claims=claims),
        "owners": _edge(matrix.owners, claims=claims),
        "total_usd": matrix.total.usd,
        **asked,
    }


def _edge(edge: Mapping[Team | Others, Cell], *, claims: bool) -> list[Row]:
    return [{"team": team, **_figures(cell, claims=claims)} for team, cell in edge.items()]


def _figures(one: Cell | Total, *, claims: bool) -> Row:
    figures: Row = {"usd": one.usd, "calls": one.calls, "unpriced_calls": one.unpriced_calls}
    return {**figures, **{name: getattr(one, name) for name in CLAIMS}} if claims else figures


def show_matrix(out: Console, totals: Sequence[Total], *, claims: bool) -> None:
    """Show callers by owners, as many as the terminal has room for, the largest first and the rest as others."""
    whole = matrix_of(totals)
    shows_claims = claims and bool(whole.total.unverified_calls)
    edges = ["total", "unverified"] if shows_claims else ["total"]
    column = _column_of(whole)
    most_owners = (out.width - _LABEL) // column - len(edges) - 1
    matrix = folded(whole, _MOST_CALLERS, max(1, most_owners))
    shown = table(title="[bold]who pays (down) for whose code (across), USD[/]")
    shown.add_column("", no_wrap=True)
    names = [*map(_name, matrix.owners), *edges]
    longest = _longest(names, column, out.width - _LABEL)
    for name in names:
        shown.add_column(_cut(name, longest), justify="right", no_wrap=True)
    rows = [_amounts(matrix, caller, cell, edges) for caller, cell in matrix.callers.items()]
    rows.append([*(cell.usd for cell in matrix.owners.values()), *_edges(matrix.total, edges)])
    texts = iter(rounded_column([one for row in rows for one in row if one is not _NO_CALLS]))
    spelled = [["." if one is _NO_CALLS else next(texts) for one in row] for row in rows]
    for caller, row in zip(matrix.callers, spelled, strict=False):
        shown.add_row(_cut(_name(caller), _LABEL - _GAP), *row)
    shown.add_section()
    shown.add_row("[bold]total[/]", *(f"[bold]{one}[/]" for one in spelled[-1]))
    out.print(shown)
    for said in _said(whole, shows_claims=shows_claims):
        out.print(said)


def _column_of(matrix: Matrix) -> int:
    """Return the width of a column in which no amount is cut: a cut one is another amount."""
    every = (*matrix.cells.values(), *matrix.callers.values(), *matrix.owners.values())
    texts = rounded_column([matrix.total.usd, *(cell.usd for cell in every)])
    return max(_COLUMN, max(map(len, texts)) + _GAP)


def _longest(names: Sequence[str], column: int, room: int) -> int:
    """Return at how many characters names are cut, at least those of an amount, so that all columns have room."""
    amount = column - _GAP
    cuts = range(max(map(len, names)), amount, -1)
    return next(
        (
            cut
            for cut in cuts
            if sum(max(min(len(name), cut), amount) + _GAP for name in names) <= room
        ),
        amount,
    )


def _amounts(
    matrix: Matrix, caller: Team | Others, whole: Cell, edges: Sequence[str]
) -> list[Decimal | None]:
    """Return what one caller pays to each owner, and at the edges."""
    cells = (matrix.cells.get((caller, owner)) for owner in matrix.owners)
    return [*(_NO_CALLS if cell is None else cell.usd for cell in cells), *_edges(whole, edges)]


def _edges(whole: Cell, edges: Sequence[str]) -> list[Decimal | None]:
    unverified = whole.unverified_usd if whole.unverified_calls else _NO_CALLS
    return [whole.usd, unverified][: len(edges)]


def _name(team: Team | Others) -> str:
    if isinstance(team, Others):
        return f"{team.teams:,} others"
    return UNATTRIBUTED if team is None else team


def _cut(name: str, longest: int) -> str:
    text = on_one_line(name)
    return escape(text if len(text) <= longest else f"{text[: longest - 1]}\N{HORIZONTAL ELLIPSIS}")


def _said(matrix: Matrix, *, shows_claims: bool) -> Iterator[str]:
    yield "Rounded; json and csv have every digit. A dot: no calls."
    if shows_claims:
        yield "unverified: part of the total, whose caller is a mere claim."
    if matrix.total.unpriced_calls:
        yield f"{matrix.total.unpriced_calls:,} of {matrix.total.calls:,} calls have no price and are in no amount."
