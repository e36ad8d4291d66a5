"""Ledgers of so many calls, each made when it is first asked for, or given."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from otel_costing.clickhouse.store import Store
from tests.benchmarks.made_ledger import fill

SIZES_SHORT, SIZES = (1_000, 3_000, 9_000), (100_000, 1_000_000, 10_000_000)
_CALLS = "SELECT countIf(kind = 'charge' AND revision = 0) FROM ledger"


def calls_once_ready(dsn: str) -> int:
    """Return how many calls a ledger holds, once it has the current schema and rollups of all that it holds."""
    with Store.open(dsn) as store:
        store.rebuild_rollups()
        ((calls,),) = store.connection.query(_CALLS).rows
    return int(calls)


class Ledgers:
    """Made in a directory that whoever runs the suite removes, or keeps. One of them is open at a time."""

    def __init__(
        self, directory: Path, usual: tuple[int, ...], given: Mapping[int, str] | None = None
    ) -> None:
        """Take where to make them, how large, and the addresses of those that are there, by their number of calls."""
        self._directory = directory
        self._dsns = dict(given or {})
        self._sizes = tuple(sorted({*usual, *self._dsns}))
        self.rolled_up_s: dict[int, float] = {}
        """How long building the rollups took, of each ledger that was made now."""

    def sizes(self) -> tuple[int, ...]:
        """Return the numbers of calls to ask about, from few to many."""
        return self._sizes

    def dsn(self, calls: int) -> str:
        """Return the address of a ledger of so many calls, closed."""
        if calls not in self._dsns:
            self._dsns[calls] = self._kept_or_made(self._directory / f"{calls}_calls", calls)
        return self._dsns[calls]

    def _kept_or_made(self, directory: Path, calls: int) -> str:
        dsn = f"chdb://{directory}"
        if not directory.exists():
            self._make(dsn, calls)
        elif (held := calls_once_ready(dsn)) != calls:
            raise ValueError(f"{directory} holds {held:,} calls, not {calls:,}; remove it")
        return dsn

    def _make(self, dsn: str, calls: int) -> None:
        with Store.open(dsn) as store:
            fill(store, calls)
            began_s = time.perf_counter()
            store.rebuild_rollups()
            self.rolled_up_s[calls] = time.perf_counter() - began_s

    @contextmanager
    def opened(self, calls: int) -> Iterator[Store]:
        """Open it for a while."""
        with Store.open(self.dsn(calls)) as store:
            yield store
