"""Who pays for whose code: both edges come to what everything cost, however many teams are shown as one."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.rollup import Total, sum_of, totals
from otel_costing.team_matrix import BY, Others, folded, matrix_of
from tests.calls import entry

_TEAMS = st.sampled_from([None, "search", "drafts", "support", "ads", "mail"])
_AMOUNTS = st.none() | st.decimals("-10", "1000000", places=12)
_TOTALS = st.dictionaries(
    st.tuples(_TEAMS, _TEAMS), st.tuples(_AMOUNTS, st.integers(0, 1000)), max_size=20
).map(
    lambda cells: [
        Total(pair, usd, calls, calls if usd is None else 0, None, usd, calls)
        for pair, (usd, calls) in cells.items()
    ]
)


@given(found=_TOTALS, most=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_both_edges_sum_to_the_total_whatever_is_folded(
    found: list[Total], most: tuple[int, int]
) -> None:
    matrix = matrix_of(found)
    small = folded(matrix, *most)

    for one in (matrix, small):
        for edge in (one.callers, one.owners):
            assert sum_of(cell.usd for cell in edge.values()) == sum_of(row.usd for row in found)
            assert sum(cell.calls for cell in edge.values()) == sum(row.calls for row in found)
        for caller, whole in one.callers.items():
            row = [cell for (payer, _), cell in one.cells.items() if payer == caller]
            assert sum_of(cell.usd for cell in row) == whole.usd
            assert sum(cell.unverified_calls for cell in row) == whole.unverified_calls
    assert small.total == matrix.total
    assert len(small.callers) <= most[0] + 1
    assert len(small.owners) <= most[1] + 1


def test_the_dearest_come_first_and_the_others_last() -> None:
    found = [
        Total((name, "code"), Decimal(usd), 1, 0, None)
        for name, usd in (("a", 1), ("b", 5), ("c", 3), ("d", 90))
    ]

    assert list(folded(matrix_of(found), 2, 2).callers) == ["d", "b", Others(2)]
    assert list(folded(matrix_of(found), 3, 2).callers) == ["d", "b", "c", "a"]


def test_a_call_stands_where_its_caller_and_its_owner_meet() -> None:
    told = Attribution(team="search", origin_team="support", origin_source="baggage")
    calls = [entry(1, attribution=told), entry(2), entry(3, unpriced="unknown_model")]
    matrix = matrix_of(totals(calls, BY, "owner"))

    assert {key: cell.calls for key, cell in matrix.cells.items()} == {
        ("support", "search"): 1,
        (None, None): 2,
    }
    assert matrix.cells["support", "search"].unverified_calls == 1
    assert matrix.callers[None].unpriced_calls == 1
