"""Where the ledger is -> a clickhouse-connect client, embedded or of a server, with clear refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from otel_costing.clickhouse import directory_lock
from otel_costing.clickhouse.engine_errors import first_line, is_not_admitted, network_reason
from otel_costing.clickhouse.engine_options import ENGINE_OPTIONS
from otel_costing.clickhouse.target import (
    Embedded,
    Server,
    StoreMissing,
    StoreUnavailable,
    StoreUnusable,
)

_MADE_BY_ENGINE = "metadata"
"""In every directory that chdb ever held; looking for it leaves any other directory as it is."""


def client_of(target: Embedded | Server, *, create: bool) -> Any:
    """Return a client, which holds an embedded directory until that is released; see `connection.connect`.

    Raises:
        StoreMissing: there is no such directory, and `create` is false.
        StoreUnavailable: with one sentence that says what to do.
    """
    if isinstance(target, Embedded):
        return _embedded_client(target, create=create)
    return _client(target)


def _embedded_client(target: Embedded, *, create: bool) -> Any:
    if not create and not _is_made(target.directory):
        raise StoreMissing(f"there is no ledger in {target.directory} yet")
    get_client = _get_client("embedded")
    try:
        import chdb  # noqa: F401, PLC0415 - only where a chdb DSN asks for it
    except ImportError:
        raise StoreUnusable(
            "an embedded ledger needs chdb: pip install 'otel-costing[embedded]'"
        ) from None
    directory_lock.acquire(target.directory)
    try:
        path = str(target.directory)
        return get_client(interface="chdb", path=path, chdb_options=dict(ENGINE_OPTIONS))
    except Exception as error:
        directory_lock.release(target.directory)
        raise StoreUnusable(
            f"chdb cannot open {target.directory}: {first_line(error)}; one process holds a directory at a time"
        ) from error


def _is_made(directory: Path) -> bool:
    try:
        found = (directory / _MADE_BY_ENGINE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreUnusable(
            f"{directory} cannot be read: {error.strerror}; a ledger is read by the user who made its directory"
        ) from None
    return S_ISDIR(found.st_mode)


def _client(target: Server) -> Any:
    get_client = _get_client("clickhouse")
    try:
        return get_client(
            host=target.host,
            port=target.port,
            interface="https" if target.secure else "http",
            username=target.username,
            password=target.password,
            autogenerate_session_id=False,
            form_encode_query_params=True,
        )
    except Exception as error:
        raise StoreUnavailable(_why_not(target, error)) from error


def _why_not(target: Server, error: Exception) -> str:
    if is_not_admitted(error):
        # A user alone may be a token that stands in the wrong place.
        whom = f"user {target.username!r} with the password of the DSN"
        return (
            f"the server at {target.host}:{target.port} does not admit {whom if target.password else 'a DSN without a password'}, "
            "scheme://user:password@host:port/database; a collector takes a token with read:all as password"
        )
    if reason := network_reason(error):
        return (
            f"no ClickHouse answers at {target.host}:{target.port}: {reason}; the DSN names a host and its HTTP port, "
            "usually 8123, or 8443 for TLS"
        )
    return f"no ClickHouse answers at {target.host}:{target.port}: {first_line(error)}"


def _get_client(extra: str) -> Callable[..., Any]:
    try:
        from clickhouse_connect import get_client  # noqa: PLC0415 - an extra
    except ImportError:
        raise StoreUnusable(
            f"a ledger needs clickhouse-connect: pip install 'otel-costing[{extra}]'"
        ) from None
    return get_client
