"""How many bytes an entry takes on disk, and what takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path

from otel_costing.clickhouse.store import Store
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Aim, Beside, Figure
from tests.benchmarks.measure import spread_of

_WHOLE = "all, with indexes"
_AIM = Aim(140, "a year of ten million calls a month in 17 GB")


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure the largest ledger as it lies: not every part of it is merged."""
    calls = max(bench.ledgers.sizes())
    with bench.ledgers.opened(calls) as store:
        sizes = _bytes(store)
    for held, (stored, unpacked) in sizes.items():
        is_whole = held == _WHOLE
        yield Figure(
            f"an entry of {calls:,} calls: {held}",
            spread_of([stored]),
            "B",
            _AIM if is_whole else None,
            Beside("before compression", unpacked),
        )


def _bytes(store: Store) -> Mapping[str, tuple[float, float]]:
    """Return by what the columns hold how many bytes an entry takes, compressed and not."""
    statement = (Path(__file__).parent / "bytes_of_entries.sql").read_text(encoding="utf-8")
    rows = store.connection.query(statement).rows
    largest_first = sorted(rows, key=itemgetter(1), reverse=True)
    return {held: (stored, unpacked) for held, stored, unpacked in largest_first}
