"""A backfill in a process of its own, killed at one of its inserts: `python -m tests.killed_backfill DSN INSERT`.

With 0 it lives, and prints what is in the ledger then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from otel_costing import bookings
from otel_costing.cli.main import cli
from otel_costing.clickhouse.connection import Connection, connect
from otel_costing.otel_traces import Schema
from tests.calls import NOON, SECOND, hex_id
from tests.otel_traces_tables import fill_table, make_table

CALLS = 60
_CHARGES = "SELECT call_id, sum(sign), toString(sum(total_usd)) FROM ledger GROUP BY call_id ORDER BY call_id"


def request() -> dict[str, Any]:
    """Return model calls, one a second."""
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
    }
    said = [{"key": name, "value": {"stringValue": text}} for name, text in texts.items()]
    spans = [
        {
            "traceId": hex_id(number, 32),
            "spanId": hex_id(number),
            "name": "chat",
            "startTimeUnixNano": str(NOON + number * SECOND),
            "endTimeUnixNano": str(NOON + number * SECOND + 5),
            "attributes": [
                *said,
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": str(1000 + number)}},
            ],
        }
        for number in range(CALLS)
    ]
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


def _die_at(insert: int) -> None:
    """Kill this process, as nobody can see coming, instead of the insert of this number into the ledger."""
    lasting = Connection.insert
    left = insert

    def mortal(self: Connection, table: str, *given: Any, **named: Any) -> None:
        nonlocal left
        left -= not table.startswith("schema_")
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        lasting(self, table, *given, **named)

    Connection.insert = mortal  # type: ignore[method-assign]


def main(dsn: str, insert: int) -> None:
    """Run `otel-costing backfill`, in windows and batches small enough to be killed between."""
    bookings.SETTLED_TOGETHER = 20
    bookings.LARGEST_BATCH = 8
    connection = connect(dsn, create=True)
    if not connection.query("EXISTS TABLE otel_traces").rows[0][0]:
        make_table(connection, "otel_traces", Schema.MAP)
        fill_table(connection, "otel_traces", [request()], Schema.MAP)
    if insert:
        _die_at(insert)
    asked = ["--from-otel-traces", "otel_traces", "--dsn", dsn, "--format", "json"]
    cli(["backfill", *asked], standalone_mode=False)
    sys.stdout.write(json.dumps(connection.query(_CHARGES).rows))
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
