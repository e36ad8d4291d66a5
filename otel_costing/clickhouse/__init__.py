"""The ledger's home: tables, queries, store and exporter. Needs the extra `clickhouse` or `embedded`."""

from __future__ import annotations

from otel_costing.clickhouse.exporter import ClickHouseSpanExporter
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import StoreMissing, StoreUnavailable

__all__ = ["Booked", "ClickHouseSpanExporter", "Store", "StoreMissing", "StoreUnavailable"]
