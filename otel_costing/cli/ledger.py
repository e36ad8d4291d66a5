"""Opening the ledger for a command: one clear sentence where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from otel_costing.cli.options import BadInput

if TYPE_CHECKING:  # ClickHouse is imported when a ledger is opened, not when help is asked for
    from otel_costing.clickhouse.store import Store

_EMBEDDED = "chdb://"


class NoLedgerYet(BadInput):
    """Nothing has been booked there so far."""


@contextmanager
def open_ledger(dsn: str, *, create: bool) -> Iterator[Store]:
    """Open the ledger at `dsn` and close it again.

    Args:
        dsn: where it is.
        create: make it where it does not exist; else a missing embedded ledger is the caller's mistake.
    """
    from otel_costing.clickhouse.store import Store, StoreUnavailable

    if dsn.startswith(_EMBEDDED) and not create and not Path(dsn.removeprefix(_EMBEDDED)).is_dir():
        raise NoLedgerYet(
            f"There is no ledger at {dsn} yet. `otel-costing ingest` makes one, `otel-costing demo` shows one."
        )
    try:
        store = Store.open(dsn, create=create)
    except StoreUnavailable as unavailable:
        raise BadInput(str(unavailable)) from None
    try:
        yield store
    finally:
        store.close()
