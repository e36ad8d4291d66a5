"""Opening the ledger for a command: here, or through the collector that holds it; one clear sentence where it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from otel_costing.cli.options import BadInput

if TYPE_CHECKING:  # ClickHouse is imported when a ledger is opened, not when help is asked for
    from otel_costing.clickhouse.directory_lock import DirectoryHeld
    from otel_costing.clickhouse.holder import Holder
    from otel_costing.clickhouse.store import Store


_HOW_TO_MAKE_ONE = "`otel-costing ingest` makes one, `otel-costing demo` shows one."
_HOW_TO_FILL_IT = (
    "send spans to `otel-costing collect`, or book files of them with `otel-costing ingest`; `otel-costing doctor --app "
    "MODULE` looks at what sends them."
)


class NoLedgerYet(BadInput):
    """Nothing has been booked there so far."""


@contextmanager
def open_ledger(dsn: str) -> Iterator[Store]:
    """Open the ledger at `dsn` to read it, through the collector that holds it if one does, and close it again.

    A missing ledger is the caller's mistake; commands that write to one are jobs, see `job.done`.
    """
    from otel_costing.clickhouse import Store
    from otel_costing.clickhouse.directory_lock import DirectoryHeld

    with said_in_a_sentence():
        try:
            store = Store.open(dsn, create=False)
        except DirectoryHeld as held:
            store = _through(collector_in_the_way(held), dsn)
        with store:
            if not store.query("any_entry"):
                click.echo(f"The ledger is empty: {_HOW_TO_FILL_IT}", err=True)
            yield store


@contextmanager
def said_in_a_sentence() -> Iterator[None]:
    """Leave with status 2 and a sentence where the ledger is not there or cannot be reached."""
    from otel_costing.clickhouse import StoreMissing, StoreUnavailable

    try:
        yield
    except StoreMissing as missing:
        raise NoLedgerYet(f"{sentence(str(missing))} {_HOW_TO_MAKE_ONE}") from None
    except StoreUnavailable as unavailable:
        raise BadInput(sentence(str(unavailable))) from None


@contextmanager
def refused_in_a_sentence() -> Iterator[None]:
    """Leave with status 2 and a sentence where a question cannot be asked of a ledger."""
    try:
        yield
    except ValueError as refused:
        raise BadInput(f"{refused}.") from None


def collector_in_the_way(held: DirectoryHeld) -> Holder:
    """Return the collector that holds a directory.

    Raises:
        DirectoryHeld: as given, where what holds it is no collector.
        BadInput: the collector is another user's.
    """
    from otel_costing.clickhouse.holder import holder_of

    try:
        holder = holder_of(held.directory, held.pid)
    except PermissionError:
        raise BadInput(
            f"The ledger in {held.directory} is held by the collector of process {held.pid}, which is another "
            "user's; run this as that user."
        ) from None
    if holder is None:
        raise held from None
    return holder


def _through(holder: Holder, dsn: str) -> Store:
    from otel_costing.clickhouse import Store
    from otel_costing.clickhouse.engine_errors import is_of_unknown_database
    from otel_costing.clickhouse.target import target_of

    if not holder.sql:
        raise BadInput(
            f"The ledger is held by the collector of process {holder.pid}, which answers no queries: set its "
            "sql.address, such as 127.0.0.1:8123, and start it again."
        )
    click.echo(f"reading through the collector, process {holder.pid}", err=True)
    scheme, _, address = holder.sql.partition("://")
    database = target_of(dsn).database
    try:
        return Store.open(f"{scheme}://default:{holder.token}@{address}/{database}", create=False)
    except Exception as error:
        if not is_of_unknown_database(error):
            raise
        raise BadInput(
            f"The collector of process {holder.pid}, which holds the directory, answers for its own database alone, not "
            f"for {database!r}."
        ) from None


def sentence(text: str) -> str:
    """Return a reason as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
