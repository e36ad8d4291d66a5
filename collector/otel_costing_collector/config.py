"""What a collector is told: the values, their defaults, and what is wrong with them together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

from platformdirs import user_data_path

from otel_costing.cli.options import default_dsn
from otel_costing.clickhouse.target import StoreUnusable, target_of
from otel_costing.kept_spans import KeptSpans
from otel_costing.otlp import LARGEST_REQUEST_BYTES
from otel_costing_collector.addresses import LOCALHOST, Address
from otel_costing_collector.forwarding.endpoint import Endpoint
from otel_costing_collector.forwarding.outbox import SMALLEST_BYTES
from otel_costing_collector.sealed_in import SealedIn

_MIB = 2**20
_GRPC = Address(LOCALHOST, 4317)
_HTTP = Address(LOCALHOST, 4318)
_ADMIN = Address(LOCALHOST, 4319)
_SQL = Address("127.0.0.1", 8123)
_OPEN = (
    "is open to other machines and asks for no token; name tokens.file or tokens.variable, listen on "
    "127.0.0.1, or say --insecure"
)
_OPEN_ADMIN = (
    "is open to other machines, and metrics and health ask for no token; listen on 127.0.0.1, or say "
    "--insecure"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One collector's configuration; `collector/README.md` says what each value means."""

    grpc_address: Address = _GRPC
    http_address: Address = _HTTP
    admin_address: Address = _ADMIN
    sql_address: Address | None = _SQL
    spool_directory: Path = user_data_path("otel-costing") / "spool"
    spool_max_bytes: int = 8192 * _MIB
    limits_request_bytes: int = 20 * _MIB
    limits_in_flight_bytes: int = 128 * _MIB
    limits_header_seconds: float = 10
    limits_body_seconds: float = 30
    limits_stop_seconds: float = 10
    tls_certificate: str = ""
    tls_key: str = ""
    tokens_file: str = ""
    tokens_variable: str = ""
    tags_file: str = ""
    store_dsn: str = field(default_factory=default_dsn)
    store_spans: KeptSpans = KeptSpans.ALL
    booking_linger_seconds: float = 2
    booking_settle_seconds: float = 10
    booking_sealing: SealedIn = SealedIn.PROCESS
    booking_processes: int = 2
    forward_endpoint: Endpoint | None = None
    forward_headers_variable: str = ""
    forward_certificate: Path | None = None
    forward_compression: str = "gzip"
    forward_max_bytes: int = 8192 * _MIB
    forward_timeout_seconds: float = 10
    sql_max_seconds: float = 30
    sql_max_memory_bytes: int = 512 * _MIB
    sql_max_rows: int = 1_000_000
    sql_max_result_bytes: int = 64 * _MIB
    sql_max_queries: int = 2
    sql_max_waiting: int = 128
    jobs_max_bytes: int = 8192 * _MIB
    rates_directory: Path | None = None
    rates_overrides: tuple[Path, ...] = ()
    insecure: bool = False

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield the name of a setting and what is wrong with it beside the others."""
        yield from self._exposed()
        yield from self._forwarding()
        if self.limits_request_bytes > LARGEST_REQUEST_BYTES:
            yield (
                "limits.request_bytes",
                f"is at most {LARGEST_REQUEST_BYTES}, what is booked at once",
            )
        if self.limits_in_flight_bytes < self.limits_request_bytes:
            yield "limits.in_flight_bytes", "is at least limits.request_bytes, else none is taken"
        if self.spool_max_bytes < 2 * self.limits_request_bytes:
            yield "spool.max_bytes", "holds at least two requests of limits.request_bytes"
        try:
            target_of(self.store_dsn)
        except StoreUnusable as unusable:
            yield "store.dsn", str(unusable)
        if self.spool_directory.exists() and not self.spool_directory.is_dir():
            yield "spool.directory", f"{self.spool_directory} is no directory"

    def _forwarding(self) -> Iterator[tuple[str, str]]:
        if self.forward_endpoint is None:
            return
        named = (getattr(self, one.name) for one in fields(self) if one.name.endswith("_address"))
        ours = [address for address in named if address is not None]
        if self.forward_endpoint.is_among(ours):
            yield "forward.endpoint", "is this collector itself; name another"
        if self.forward_max_bytes < max(SMALLEST_BYTES, 2 * self.limits_request_bytes):
            yield "forward.max_bytes", "is 32 MiB and two requests of limits.request_bytes at least"

    def _exposed(self) -> Iterator[tuple[str, str]]:
        if self.insecure:
            return
        doors = {
            "grpc.address": self.grpc_address,
            "http.address": self.http_address,
            "sql.address": self.sql_address,
        }
        for name, address in doors.items():
            if address is None:
                continue
            if not address.is_loopback and not (self.tokens_file or self.tokens_variable):
                yield name, f"{address} {_OPEN}"
        if not self.admin_address.is_loopback:
            yield "admin.address", f"{self.admin_address} {_OPEN_ADMIN}"
