"""Who pays for whose code: what calls cost by the team at the root of the work and by the team that ran them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.rollup import Total, sum_of

BY = ("origin_team", "team")
"""The dimensions of a report, with the owner's side as `team`, that a matrix is made of."""
Team = str | None
"""None where nobody said."""


class Others(NamedTuple):
    """Teams that are shown as one."""

    teams: int


class Cell(NamedTuple):
    """What some calls cost."""

    usd: Decimal | None
    """None where nothing has a price."""
    calls: int
    unpriced_calls: int
    unverified_usd: Decimal | None
    """Part of `usd`: of a caller that is claimed alone."""
    unverified_calls: int


class Matrix(NamedTuple):
    """Callers by owners, the largest of either first. Both edges sum to the same."""

    callers: Mapping[Team | Others, Cell]
    """Who pays, whoever ran the code."""
    owners: Mapping[Team | Others, Cell]
    """Whose code ran, whoever pays."""
    cells: Mapping[tuple[Team | Others, Team | Others], Cell]
    """By caller and owner; pairs without calls are missing."""
    total: Cell


def matrix_of(totals: Iterable[Total]) -> Matrix:
    """Return the matrix of a report by `BY`."""
    return _matrix({(one.values[0], one.values[1]): _cell(one) for one in totals})


def folded(matrix: Matrix, most_callers: int, most_owners: int) -> Matrix:
    """Return a matrix of no more than so many of either, and the rest of them as `Others`."""
    caller_of = _folding(list(matrix.callers), most_callers)
    owner_of = _folding(list(matrix.owners), most_owners)
    groups: dict[tuple[Team | Others, Team | Others], list[Cell]] = {}
    for (caller, owner), cell in matrix.cells.items():
        groups.setdefault((caller_of(caller), owner_of(owner)), []).append(cell)
    return _matrix({key: _sum(some) for key, some in groups.items()})


def _folding(teams: Sequence[Team | Others], most: int) -> Callable[[Team | Others], Team | Others]:
    # One team by itself takes no more room than the word for it.
    shown = frozenset(teams if len(teams) <= most + 1 else teams[:most])
    others = Others(len(teams) - len(shown))
    return lambda team: team if team in shown else others


def _matrix(cells: Mapping[tuple[Team | Others, Team | Others], Cell]) -> Matrix:
    return Matrix(_edge(cells, 0), _edge(cells, 1), cells, _sum(list(cells.values())))


def _edge(
    cells: Mapping[tuple[Team | Others, Team | Others], Cell], side: int
) -> dict[Team | Others, Cell]:
    sums: dict[Team | Others, list[Cell]] = {}
    for key, cell in cells.items():
        sums.setdefault(key[side], []).append(cell)
    edge = {team: _sum(some) for team, some in sums.items()}
    return dict(sorted(edge.items(), key=lambda pair: _by_cost(*pair)))


def _by_cost(team: Team | Others, cell: Cell) -> tuple[bool, bool, Decimal, str]:
    """Dearest first, what has no price after that, and the others last."""
    is_rest = isinstance(team, Others)
    name = team if isinstance(team, str) else ""
    return (is_rest, cell.usd is None, -(cell.usd or Decimal(0)), name)


def _cell(total: Total) -> Cell:
    return Cell(
        total.usd,
        total.calls,
        total.unpriced_calls,
        total.unverified_usd,
        total.unverified_calls,
    )


def _sum(cells: Sequence[Cell]) -> Cell:
    return Cell(
        sum_of(one.usd for one in cells),
        sum(one.calls for one in cells),
        sum(one.unpriced_calls for one in cells),
        sum_of(one.unverified_usd for one in cells),
        sum(one.unverified_calls for one in cells),
    )
