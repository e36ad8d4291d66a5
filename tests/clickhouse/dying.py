"""A connection that is cut off at one of its inserts, as when a process is killed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.target import StoreUnavailable


def dying_at(connection: Connection, insert: int, *, is_done: bool) -> Connection:
    """Return a handle on the same client that dies at its `insert`-th insert, before or after that is done."""
    return _Dying(connection, insert, is_done=is_done)


class _Dying(Connection):
    def __init__(self, connection: Connection, insert: int, *, is_done: bool) -> None:
        super().__init__(connection._client, connection.target)  # noqa: SLF001 - the same client
        self._left = insert
        self._is_done = is_done

    def insert(self, *asked: Any, **named: Any) -> None:
        self._until_death(lambda: super(_Dying, self).insert(*asked, **named))

    def insert_native(self, *asked: Any, **named: Any) -> None:
        self._until_death(lambda: super(_Dying, self).insert_native(*asked, **named))

    def insert_answer(self, *asked: Any, **named: Any) -> None:
        self._until_death(lambda: super(_Dying, self).insert_answer(*asked, **named))

    def _until_death(self, insert: Callable[[], None]) -> None:
        self._left -= 1
        if self._left > 0:
            insert()
            return
        if self._is_done and self._left == 0:
            insert()
        raise StoreUnavailable("dead")
