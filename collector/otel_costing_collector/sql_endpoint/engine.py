"""Handles on the engine that holds the ledger: one for each question, limited, read-only, and gone with its answer."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import chdb

from otel_costing.clickhouse import directory_lock
from otel_costing.clickhouse.target import Embedded
from otel_costing_collector.sql_endpoint.refusals import SqlRefused, told_by_engine

_DEEPEST = {"max_ast_depth": "300", "max_ast_elements": "50000", "max_parser_depth": "300"}
"""What is deeper or larger is refused by the parser, before anything walks through it."""
_PARSING = {
    **_DEEPEST,
    "max_execution_time": "5",
    "max_memory_usage": str(256 * 2**20),
    "max_threads": "1",
    "max_query_size": str(64 * 2**20),
    "max_parser_backtracks": "200000",
}
_ANSWERING = {
    **_DEEPEST,
    # A text as the engine writes it has more parentheses than the one that it parsed.
    "max_parser_depth": "1000",
    # What does not fit into memory fails, instead of going to disk.
    "max_bytes_before_external_group_by": "0",
    "max_bytes_before_external_sort": "0",
    "max_bytes_ratio_before_external_group_by": "0",
    "max_bytes_ratio_before_external_sort": "0",
    # Its patterns may take any time to compile.
    "allow_hyperscan": "0",
    "use_query_cache": "0",
}
_STREAMED = "Native"
"""The one format of which every block stands for itself; an answer in another is whole before its first byte is sent."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"})


class Part(NamedTuple):
    """Some of an answer, in the format that was asked for."""

    data: bytes
    rows: int
    rows_read: int
    bytes_read: int


class Ready(NamedTuple):
    """A question that was examined."""

    sql: str
    output_format: str
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    is_select: bool
    """Of other statements the engine makes no stream."""
    most_bytes: int
    """Of an answer that is sent whole."""


class Engine:
    """The engine of one ledger, beside whoever writes to it; used from any thread."""

    def __init__(self, target: Embedded) -> None:
        """Hold the ledger's directory.

        Raises:
            StoreUnusable: another process holds it, or this one another directory.
        """
        directory_lock.acquire(target.directory)
        self._target = target
        self._path = os.path.realpath(target.directory)

    def close(self) -> None:
        """Let go of the directory."""
        directory_lock.release(self._target.directory)

    def look_up(
        self, question: str, parameters: Mapping[str, str] | None = None
    ) -> list[list[Any]]:
        """Answer `queries/<question>.sql`, which parses or looks up what the engine knows of itself.

        Raises:
            SqlRefused: what was to be parsed cannot be.
        """
        bound = {name: value.translate(_ESCAPES) for name, value in (parameters or {}).items()}
        with self._reading(_PARSING) as handle:
            told = handle.query(_text(question), "JSONCompactEachRow", params=bound).bytes()
        return [json.loads(line) for line in told.splitlines()]

    def answer(self, ready: Ready, label: str) -> Generator[Part, None, None]:
        """Yield the answer part by part; whoever stops listening closes the iterator.

        Args:
            ready: what to run, already examined.
            label: names the query for `stop`.

        Raises:
            SqlRefused: the engine refuses it, a limit is reached, or it was stopped.
        """
        with self._reading({**_ANSWERING, **ready.settings, "log_comment": label}) as handle:
            if ready.is_select and ready.output_format == _STREAMED:
                with handle.send_query(ready.sql, _STREAMED, params=ready.parameters) as stream:
                    yield from map(_part, stream)
            else:
                whole = handle.query(ready.sql, ready.output_format, params=ready.parameters)
                if whole.size() > ready.most_bytes:
                    raise SqlRefused(
                        396,
                        "TOO_MANY_ROWS_OR_BYTES",
                        f"the answer has over {ready.most_bytes} bytes; ask for less, or in Native",
                    )
                yield _part(whole)

    def stop(self, label: str) -> None:
        """End a query, wherever it is; nothing happens where it has ended."""
        with self._handle() as handle:
            handle.query(_text("stop"), "Null", params={"label": label})

    @contextmanager
    def _reading(self, settings: Mapping[str, str]) -> Iterator[Any]:
        """Open a handle with limits, and read-only after them: nothing changes them any more."""
        with self._handle() as handle:
            handle.query(_set(settings))
            handle.query(_set({"readonly": "1"}))
            yield handle

    @contextmanager
    def _handle(self) -> Iterator[Any]:
        try:
            handle: Any = chdb.connect(self._path)  # type: ignore[no-untyped-call]  # chdb types what it returns only
            try:
                handle.query(
                    "USE {database:Identifier}", params={"database": self._target.database}
                )
                yield handle
            finally:
                handle.close()
        except RuntimeError as error:
            raise told_by_engine(error) from None


def _part(result: Any) -> Part:
    return Part(
        result.bytes(), result.rows_read(), result.storage_rows_read(), result.storage_bytes_read()
    )


def _set(settings: Mapping[str, str]) -> str:
    """Return the one statement that takes no parameters; its names are the policy's, its values are quoted."""
    if not all(name.isidentifier() for name in settings):
        raise ValueError(f"one of {', '.join(settings)} is no setting")
    return "SET " + ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())


def _quoted(value: str) -> str:
    escaped = value.translate(_ESCAPES).replace("'", "\\'")
    return f"'{escaped}'"


@cache
def _text(question: str) -> str:
    return resources.files(__package__).joinpath("queries", f"{question}.sql").read_text("utf-8")
