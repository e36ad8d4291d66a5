"""A posting in a process of its own, killed after a while: `python -m tests.killed_reconcile DSN DIRECTORY SECONDS`.

With 0 it lives, and prints what is in the ledger then. The ledger and the invoice are made where they are missing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from otel_costing.attribution import Attribution
from otel_costing.cli.main import cli
from otel_costing.clickhouse.store import Store
from otel_costing.finops.invoices.amounts import DAY_NS
from tests.calls import NOON, batch, entry

DAYS = 6
TEAMS = ("search", "drafts", "support")
_ADJUSTED = """
SELECT call_id, revision, team, toString(total_usd)
FROM ledger FINAL
WHERE kind = 'adjustment'
ORDER BY call_id, revision, team
"""


def make(dsn: str, directory: Path) -> Path:
    """Book some calls of each day and write what they are billed; return the invoice."""
    invoice = directory / "invoice.csv"
    if not invoice.exists():
        calls = [
            entry(
                day * len(TEAMS) + number,
                attribution=Attribution(team=team),
                end_ns=NOON - day * DAY_NS,
            )
            for day in range(DAYS)
            for number, team in enumerate(TEAMS)
        ]
        with Store.open(dsn) as store:
            store.book(batch(calls))
        lines = "".join(
            f"acme,2026-11-{22 - day},0.0{1 + day},m,{meter}\n"
            for day in range(DAYS)
            for meter in ("input", "output")
        )
        invoice.write_text(f"provider,day,amount_usd,model,meter\n{lines}")
    return invoice


def main(dsn: str, directory: Path, seconds: str) -> None:
    """Run `otel-costing reconcile --post`."""
    invoice = make(dsn, directory)
    with Store.open(dsn) as store:
        if seconds != "0":
            kill = threading.Timer(float(seconds), os.kill, (os.getpid(), signal.SIGKILL))
            kill.daemon = True
            kill.start()
        asked = [str(invoice), "--post", "--tolerance", "100%", "--dsn", dsn, "--format", "json"]
        cli(["reconcile", *asked], standalone_mode=False)
        sys.stdout.write("\n\n" + json.dumps(store.connection.query(_ADJUSTED).rows))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
