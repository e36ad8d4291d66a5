"""Opening the ledger for a command: one clear sentence where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otel_costing.cli.options import BadInput

if TYPE_CHECKING:  # ClickHouse is imported when a ledger is opened, not when help is asked for
    from otel_costing.clickhouse.store import Store


_HOW_TO_MAKE_ONE = "`otel-costing ingest` makes one, `otel-costing demo` shows one."


class NoLedgerYet(BadInput):
    """Nothing has been booked there so far."""


@contextmanager
def open_ledger(dsn: str, *, create: bool) -> Iterator[Store]:
    """Open the ledger at `dsn` and close it again.

    Args:
        dsn: where it is.
        create: make it where it does not exist; else a missing ledger is the caller's mistake.
    """
    from otel_costing.clickhouse import Store, StoreMissing, StoreUnavailable

    try:
        store = Store.open(dsn, create=create)
    except StoreMissing as missing:
        raise NoLedgerYet(f"{_sentence(str(missing))} {_HOW_TO_MAKE_ONE}") from None
    except StoreUnavailable as unavailable:
        raise BadInput(_sentence(str(unavailable))) from None
    try:
        yield store
    except StoreUnavailable as unavailable:
        raise BadInput(_sentence(str(unavailable))) from None
    finally:
        store.close()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
