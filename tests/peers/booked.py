"""What a ledger holds, read in a process of its own: chdb keeps one directory at a time in a process."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.clickhouse.store import Store

SpanKey = tuple[str, str]
"""Trace id and span id, in hexadecimal digits."""


class Booked(NamedTuple):
    """A ledger's calls, one line for each row of `costs`, and its spans."""

    calls: list[tuple[str, str, Decimal]]
    """Trace id, span id, US dollars."""
    net_calls: int
    spans: list[SpanKey]

    def keys(self) -> list[SpanKey]:
        """Return the calls' ids."""
        return [(trace_id, span_id) for trace_id, span_id, _ in self.calls]

    def usd(self) -> Decimal:
        """Return the sum of all."""
        return sum((usd for _, _, usd in self.calls), Decimal(0))


def booked(dsn: str) -> Booked:
    """Read a ledger that no process holds."""
    asked = subprocess.run(
        [sys.executable, "-m", __name__, dsn],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = json.loads(asked.stdout)
    return Booked(
        [(trace_id, span_id, Decimal(usd)) for trace_id, span_id, usd in told["calls"]],
        told["net_calls"],
        [(trace_id, span_id) for trace_id, span_id in told["spans"]],
    )


def _read(dsn: str) -> dict[str, Any]:
    with Store.open(dsn, create=False) as store:
        ask = store.connection.query
        return {
            "calls": [
                (trace_id, span_id, str(usd))
                for trace_id, span_id, usd in ask(
                    "SELECT trace_id, span_id, total_usd FROM costs ORDER BY ALL"
                ).rows
            ],
            "net_calls": ask("SELECT toInt32(sum(sign)) FROM ledger FINAL").rows[0][0],
            "spans": list(ask("SELECT DISTINCT trace_id, span_id FROM spans ORDER BY ALL").rows),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_read(sys.argv[1])))
