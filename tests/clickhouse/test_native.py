"""Arrays that are given end to end are encoded as the client encodes lists of lists."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from itertools import accumulate, chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_costing.clickhouse.native import Arrays, Unencodable, native_block

TYPES = {
    "call_id": "String",
    "meter": "Array(LowCardinality(String))",
    "quantity": "Array(Int64)",
    "unit_price": "Array(Nullable(Decimal(38, 24)))",
    "list_unit_price": "Array(Nullable(Decimal(38, 24)))",
}
prices = st.none() | st.decimals(0, 10**6, places=9)
lines = st.tuples(st.text(max_size=3), st.integers(0, 2**62), prices, prices)


def end_to_end(rows: list[list[Any]]) -> Arrays:
    return Arrays(list(chain.from_iterable(rows)), list(accumulate(map(len, rows))))


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.lists(lines, max_size=4), min_size=1, max_size=200), is_listed=st.booleans()
)
def test_they_are_the_bytes_of_lists(rows: list[list[tuple[Any, ...]]], *, is_listed: bool) -> None:
    plain: dict[str, list[Any]] = {"call_id": [str(row) for row in range(len(rows))]}
    for place, name in enumerate(("meter", "quantity", "unit_price", "list_unit_price")):
        plain[name] = [[line[place] for line in row] for row in rows]
    if is_listed:
        plain["list_unit_price"] = plain["unit_price"]
    arrays = {name: end_to_end(plain[name]) for name in plain if name != "call_id"}

    assert native_block({**plain, **arrays}, TYPES) == native_block(plain, TYPES)


def test_they_are_lists_to_everybody_else() -> None:
    arrays = end_to_end([[1, 2], [], [3]])

    assert list(arrays) == [[1, 2], [], [3]]
    assert (len(arrays), arrays[0], arrays[-1], arrays[1:]) == (3, [1, 2], [3], [[], [3]])


def test_a_value_that_does_not_fit_is_refused() -> None:
    arrays = {"unit_price": end_to_end([[Decimal("1e30")]])}

    with pytest.raises(Unencodable):
        native_block(arrays, TYPES)


def test_to_encode_imports_no_libraries_of_tables() -> None:
    """They take a second and 60 MB, in each process that books."""
    program = (
        "import sys\n"
        "from otel_costing.clickhouse.native import native_block\n"
        "assert native_block({'a': [1]}, {'a': 'UInt8'})\n"
        "print([name for name in ('numpy', 'pandas') if name in sys.modules])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert told.stdout == "[]\n"
