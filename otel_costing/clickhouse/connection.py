"""DSN -> a connection to the ledger's database: asking and inserting, each attempt again while the store may yet answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from otel_costing.clickhouse import directory_lock
from otel_costing.clickhouse.clients import client_of
from otel_costing.clickhouse.engine_errors import first_line, is_of_rows, is_transient
from otel_costing.clickhouse.target import (
    Embedded,
    RowsRefused,
    Server,
    StoreMissing,
    StoreUnavailable,
    StoreUnusable,
    target_of,
)

_ATTEMPTS = 6
_FIRST_PAUSE_S = 0.1
_ENDED_BEFORE_FORK = (
    "the ledger was opened before this process was forked; open it again after the fork"
)


class Rows(NamedTuple):
    """The answer to a query."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


class Connection:
    """One client. Threads may share it; it serves them one after the other. Not to be used after a fork."""

    def __init__(self, client: Any, target: Embedded | Server) -> None:
        """Take a client that was opened on `target`; use `connect`."""
        self._client = client
        self._pid = os.getpid()
        self._attempts = _ATTEMPTS
        self.target = target

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Ask, with parameters bound by the server."""
        result = self._asked(sql, parameters)
        return Rows(tuple(result.column_names), result.result_rows)

    def columns(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Sequence[Any]]:
        """Do as `query`; the answer by columns, as it comes."""
        result = self._asked(sql, parameters)
        return dict(zip(result.column_names, result.result_columns, strict=True))

    def _asked(self, sql: str, parameters: Mapping[str, Any] | None) -> Any:
        self._refuse_after_fork()
        asked = dict(parameters or {})
        return self._steadily(lambda: self._client.query(sql, parameters=asked))

    def stream(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Ask, and yield the rows block by block as they come; until the last the handle answers nothing else.

        Raises:
            StoreUnavailable: the answer broke off, or never came; it is not asked for again.
        """
        self._refuse_after_fork()
        try:
            with self._client.query_row_block_stream(sql, dict(parameters or {})) as blocks:
                yield from blocks
        except Exception as error:
            if is_transient(error) or type(error).__name__ == "StreamFailureError":
                raise StoreUnavailable(f"the answer broke off: {first_line(error)}") from error
            raise

    def raw_stream(self, sql: str, form: str) -> BinaryIO:
        """Ask, and read the answer in a format as it comes; until it is closed this client serves nothing else."""
        self._refuse_after_fork()
        answer: BinaryIO = self._client.raw_stream(sql, fmt=form)
        return answer

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that has no answer and may be repeated."""
        self._refuse_after_fork()
        given = dict(parameters or {})
        self._steadily(lambda: self._client.command(sql, parameters=given))

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]], token: str) -> None:
        """Insert ready columns; every attempt bears `token`, so that the rows are in once.

        Raises:
            StoreUnavailable: the store did not take them within all attempts; the outcome is unknown.
            RowsRefused: it never will.
        """
        names, data = list(columns), [list(values) for values in columns.values()]
        self._insert(
            table,
            lambda settings: self._client.insert(
                table, data, column_names=names, column_oriented=True, settings=settings
            ),
            token,
        )

    def insert_native(self, table: str, columns: Sequence[str], block: bytes, token: str) -> None:
        """Insert a block in the Native format as it is; every attempt bears `token`, as with `insert`.

        No two of its rows have one key. The engine is told not to look for such before it writes: that takes it longer
        than all the rest of an insert, and merges and questions look for them anyway.

        Raises:
            StoreUnavailable: as with `insert`.
            RowsRefused: as with `insert`.
        """
        self._insert(
            table,
            lambda settings: self._client.raw_insert(
                table,
                list(columns),
                insert_block=block,
                settings={**settings, "optimize_on_insert": 0},
                fmt="Native",
            ),
            token,
        )

    def _insert(
        self, table: str, attempt: Callable[[Mapping[str, Any]], object], token: str
    ) -> None:
        self._refuse_after_fork()
        settings = {"insert_deduplication_token": token, "insert_deduplicate": 1, "async_insert": 0}
        try:
            self._steadily(lambda: attempt(settings))
        except Exception as error:
            if is_of_rows(error):
                raise RowsRefused(f"{table}: {first_line(error)}") from error
            raise

    def insert_answer(self, sql: str, parameters: Mapping[str, Any], token: str) -> None:
        """Run an `INSERT ... SELECT ... ORDER BY ALL`; every attempt bears `token`, as with `insert`.

        Raises:
            StoreUnavailable: as with `insert`.
        """
        self._refuse_after_fork()
        given = dict(parameters)
        settings = {"insert_deduplication_token": token, "insert_deduplicate": 1}
        self._steadily(lambda: self._client.command(sql, parameters=given, settings=settings))

    def limit_seconds(self, seconds: int) -> None:
        """Let every later question of this handle take so long at most, and ask it once."""
        self._client.set_client_setting("max_execution_time", seconds)
        self._attempts = 1

    def close(self) -> None:
        """Let go of the client and, if this was the last handle on it, of an embedded directory."""
        if os.getpid() != self._pid or self._client is None:
            return
        self._client.close()
        self._client = None
        if isinstance(self.target, Embedded):
            directory_lock.release(self.target.directory)

    def _refuse_after_fork(self) -> None:
        if os.getpid() != self._pid:
            raise StoreUnusable(_ENDED_BEFORE_FORK)
        if self._client is None:
            raise StoreUnavailable("this handle on the ledger is closed")

    def _steadily(self, attempt: Callable[[], Any]) -> Any:
        for number in range(1, self._attempts):
            try:
                return attempt()
            except Exception as error:
                if not is_transient(error):
                    raise
                time.sleep(_FIRST_PAUSE_S * 2**number)
        try:
            return attempt()
        except Exception as error:
            if is_transient(error):
                raise StoreUnavailable(f"the store does not answer: {first_line(error)}") from error
            raise


def connect(dsn: str, *, create: bool) -> Connection:
    """Open the ledger's database.

    Args:
        dsn: see `target_of`.
        create: make the directory and the database where they are missing.

    Raises:
        StoreMissing: there is no such directory or database, and `create` is false.
        StoreUnavailable: with one sentence that says what to do.
    """
    return connect_to(target_of(dsn), create=create)


def connect_to(target: Embedded | Server, *, create: bool) -> Connection:
    """Open a database; see `connect`."""
    client = client_of(target, create=create)
    connection = Connection(client, target)
    try:
        _use_database(connection, client, create=create)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_database(connection: Connection, client: Any, *, create: bool) -> None:
    target = connection.target
    asked = {"database": target.database}
    if create:
        connection.command("CREATE DATABASE IF NOT EXISTS {database:Identifier}", asked)
    elif not connection.query(
        "SELECT 1 FROM system.databases WHERE name = {database:String}", asked
    ).rows:
        raise StoreMissing(f"there is no database {target.database!r} in {dsn_shown(target)} yet")
    client.database = target.database


def dsn_shown(target: Embedded | Server) -> str:
    """Name a target without its password."""
    if isinstance(target, Embedded):
        return f"chdb://{target.directory}"
    return f"{'https' if target.secure else 'http'}://{target.host}:{target.port}/{target.database}"
