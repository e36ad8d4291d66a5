"""What a panel asks: a query of a data source."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

CLICKHOUSE = "grafana-clickhouse-datasource"
PLUGIN_VERSION = "4.20.0"
Json = Mapping[str, Any]


class Format(IntEnum):
    """How the ClickHouse data source shapes an answer."""

    TIME_SERIES = 0
    TABLE = 1
    LOGS = 2
    TRACE = 3


_QUERY_TYPES = {
    Format.TIME_SERIES: "timeseries",
    Format.TABLE: "table",
    Format.LOGS: "logs",
    Format.TRACE: "traces",
}


class DataSource(NamedTuple):
    """A data source that whoever looks chooses by a variable."""

    plugin: str
    variable: str

    def to_json(self) -> Json:
        """Return the reference that panels, targets and variables have."""
        return {"type": self.plugin, "uid": f"${{{self.variable}}}"}


LEDGER = DataSource(CLICKHOUSE, "datasource")
"""The ClickHouse data source over the ledger."""


class Target(NamedTuple):
    """A question in SQL."""

    sql: str
    format: Format = Format.TABLE

    def to_json(self, ref_id: str) -> Json:
        """Return it as a panel has it; `ref_id` is its letter."""
        return {
            "datasource": LEDGER.to_json(),
            "editorType": "sql",
            "format": int(self.format),
            "pluginVersion": PLUGIN_VERSION,
            "queryType": _QUERY_TYPES[self.format],
            "rawSql": self.sql,
            "refId": ref_id,
        }
