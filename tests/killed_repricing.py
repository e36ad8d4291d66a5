"""A repricing in a process of its own, killed at one of its inserts: `python -m tests.killed_repricing DSN INSERT BOOKS`.

With 0 it lives, and prints what is in the ledger then.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from otel_costing.batch import batch_of
from otel_costing.cli.main import cli
from otel_costing.clickhouse import repricing
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.store import Store
from otel_costing.rates import RateBook
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, hex_id, record

CALLS = 60
_NET = "SELECT call_id, sum(sign), toString(sum(total_usd)) FROM ledger FINAL GROUP BY call_id ORDER BY call_id"
_HELD = "SELECT countIf(kind = 'charge'), countIf(kind = 'reversal'), count() - uniqExact(entry_id) FROM ledger"


def spans() -> list[SpanRecord]:
    """Return model calls, every third of them told of by a wrapper too."""
    said: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "m",
        "gen_ai.usage.output_tokens": 200,
    }
    told = []
    for number in range(CALLS):
        usage = {**said, "gen_ai.usage.input_tokens": 1000 + number}
        for inner in range(1 + (number % 3 == 0)):
            span = record(
                2 * number + inner,
                2 * number if inner else None,
                trace=hex_id(number, 32),
                start_ns=NOON + number * SECOND,
                scope=f"scope{inner}",
            )
            told.append(span._replace(attributes=usage))
    return told


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


def fill(dsn: str, rates: RateBook) -> None:
    """Book the calls."""
    with Store.open(dsn) as store:
        store.book(batch_of(spans(), rates, NOON + 3_600 * SECOND))


def main(dsn: str, insert: int, tables: Path) -> None:
    """Run `otel-costing reprice`, in parts small enough to be killed between."""
    repricing._LOOKED_AT_ONCE, repricing._RESTATED_AT_ONCE = 20, 8  # noqa: SLF001 - to have many of them
    if insert:
        _die_at(insert)
    asked = ["--rates", str(tables), "--dsn", dsn, "--format", "json"]
    cli(["reprice", *asked], standalone_mode=False)
    with Store.open(dsn, create=False) as store:
        held = [store.connection.query(sql).rows for sql in (_NET, _HELD)]
    sys.stderr.write(json.dumps(held))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
