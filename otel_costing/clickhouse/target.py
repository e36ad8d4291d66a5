"""DSN -> where the ledger is. No connection is made here."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEFAULT_DATABASE = "otel_costing"
_NATIVE_PORTS = frozenset((9000, 9440))


class StoreUnavailable(Exception):  # noqa: N818 - it names the state of the store, and callers catch it as such
    """The ledger cannot be reached; the message says why and what to do, in one sentence."""


class StoreUnusable(StoreUnavailable):
    """And so it stays for this process: held by another one, lost in a fork, a package missing, a wrong DSN."""


class StoreMissing(StoreUnavailable):
    """There is no ledger there yet: no directory, no database or no tables. Opening it for writing makes one."""


class RowsRefused(Exception):  # noqa: N818 - it names what became of the rows, and callers catch it as such
    """The store has refused rows for what is in them, and would again; nothing of the insert is stored."""


class Embedded(NamedTuple):
    """A directory that chdb keeps, by one process at a time."""

    directory: Path
    database: str


class Server(NamedTuple):
    """A ClickHouse server, by its HTTP interface."""

    host: str
    port: int
    secure: bool
    username: str
    password: str
    database: str

    def __repr__(self) -> str:
        """Leave the password out: this stands in messages and logs."""
        return f"Server({self.host}:{self.port}/{self.database})"


def target_of(dsn: str) -> Embedded | Server:
    """Read a DSN.

    Args:
        dsn: `chdb:///absolute/directory`, `clickhouse://user:password@host:port/database` or
            `http(s)://...`. Without a database it is `otel_costing`; for chdb `?database=` names another.

    Raises:
        StoreUnusable: it is none of these.
    """
    try:
        parts = urlsplit(dsn)
    except ValueError:
        # What Python says of it may quote the password.
        raise StoreUnusable("the ledger's DSN is no URL that can be read") from None
    if parts.scheme == "chdb":
        return _embedded(parts)
    if parts.scheme in {"clickhouse", "clickhouses", "http", "https"}:
        return _server(parts)
    raise StoreUnusable(
        f"a ledger's DSN begins with chdb:///, clickhouse:// or http(s)://, not {_beginning(parts)}"
    )


def _beginning(parts: SplitResult) -> str:
    """Name what a DSN begins with; what may hold a password is not quoted."""
    if parts.scheme:
        return f"{parts.scheme}://"
    is_directory = parts.path.startswith("/") and not parts.netloc and "@" not in parts.path
    return f"with {parts.path}; write chdb://{parts.path}" if is_directory else "without a scheme"


def _embedded(parts: SplitResult) -> Embedded:
    path = Path(unquote(parts.path))
    is_directory = path.is_absolute() and path != Path("/") and "\0" not in str(path)
    if parts.netloc or not is_directory:
        raise StoreUnusable("write an embedded ledger as chdb:///absolute/directory, three slashes")
    return Embedded(path.resolve(), _option(parts, "database") or DEFAULT_DATABASE)


def _server(parts: SplitResult) -> Server:
    secure = parts.scheme in {"https", "clickhouses"} or _option(parts, "secure") in {"1", "true"}
    try:
        port = parts.port
    except ValueError:
        raise StoreUnusable("the port of the ledger's DSN is not a number") from None
    if port in _NATIVE_PORTS:
        raise StoreUnusable(
            f"port {port} speaks ClickHouse's native protocol; use its HTTP port, usually 8123 or 8443"
        )
    if not parts.hostname:
        raise StoreUnusable("the ledger's DSN names no host")
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        # Else the user is taken for the host, and what begins the password for its port.
        raise StoreUnusable(
            "user and password of a ledger's DSN have none of @ : / ? # in them; write them as %40, %3A, %2F, %3F and %23"
        )
    return Server(
        host=parts.hostname,
        port=port or (8443 if secure else 8123),
        secure=secure,
        username=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")) or DEFAULT_DATABASE,
    )


def _option(parts: SplitResult, name: str) -> str:
    return parse_qs(parts.query).get(name, [""])[-1]
