"""What the demo must find to be the same, whoever is asked; it fails where it is not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from otel_costing.cli.options import BadInput
from otel_costing.cli.report_rows import report_rows
from otel_costing.documents.report import total_usd

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.demo.run import DemoRun

TOTAL_IN_SQL = "SELECT sum(total_usd) FROM costs"
_A_BUG = "This is a bug."
_NAMED = 4
"""Differences that are named; the others are counted."""


def calls_booked(store: Store, run: DemoRun) -> int:
    """Return how many calls the ledger has; each answer of a provider must be one of them."""
    from otel_costing.demo.proof import miscounted

    calls = {row["response_id"]: row["calls"] for row in store.query("calls_by_response")}
    if differences := list(miscounted(run.served, calls)):
        more = [f"{len(differences) - _NAMED} more"] if differences[_NAMED:] else []
        said = "; ".join([*differences[:_NAMED], *more])
        raise BadInput(f"The ledger is not what was served: {said}. {_A_BUG}")
    return sum(calls.values())


def total_from_every_side(store: Store, run: DemoRun) -> Decimal:
    """Return what all calls cost, by every dimension, by either payer, and over HTTP."""
    from otel_costing.demo.collecting import asked_in_sql

    sides = {
        f"by {by}, {pays} pays": total_usd(report_rows(store, (by,), pays=pays))
        for by in ("workflow", "team", "model", "service", "meter")
        for pays in ("caller", "owner")
    }
    sides["over HTTP"] = Decimal(asked_in_sql(run.sql_url, TOTAL_IN_SQL))
    return _the_one(sides)


def check_receipts(store: Store, run: DemoRun) -> None:
    """Compare what the assistant's receipts said before it answered with what is booked for its process."""
    of_assistant = report_rows(store, ("trace_id",), where=[("service", "assistant")])
    booked = {row["trace_id"]: row["usd"] for row in of_assistant}
    for trace_id, receipt_usd in run.receipts.items():
        _the_one({f"receipt of {trace_id}": receipt_usd, "ledger": booked.get(trace_id)})


def check_kept(store: Store, total: Decimal) -> None:
    """Compare what the ledger's directory holds, now that the collector is gone, with what that answered."""
    kept = total_usd(report_rows(store, ("workflow",)))
    _the_one({"the collector": total, "the directory": kept})


def _the_one(sides: dict[str, Decimal | None]) -> Decimal:
    from otel_costing.demo.proof import different

    if differences := different(sides):
        raise BadInput(f"The totals differ: {differences}. {_A_BUG}")
    return next(iter(sides.values())) or Decimal()
