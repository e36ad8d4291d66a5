"""A rate with marginal bands in the ledger: several lines of one meter, and the steps that made them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from otel_costing.clickhouse.reports import entries_of_trace
from otel_costing.clickhouse.store import Store
from otel_costing.entry import content_digest
from otel_costing.ingest import IngestReport, ingest
from otel_costing.ledger import Wanted, restate
from tests.calls import NOON, SECOND, hex_id
from tests.clickhouse.tables import rows
from tests.rate_books import book_of, one_model

BOUND = 200_000
RATE = """\
      - from: null
        prices: {input: "3", output: "15"}
        context: [{over: 200000, marginal: true, prices: {input: "6", output: "22.5"}}]
"""
TOLD = {"input_tokens": BOUND + 1, "output_tokens": 7}
LINES = """
SELECT meter, quantity, unit_price, amount_usd FROM cost_lines ORDER BY meter, unit_price
"""
STEPS = """
SELECT steps.first, steps.meter, steps.unit_price, steps.per
FROM rates FINAL ARRAY JOIN steps
"""


def request_of_one_call() -> dict[str, Any]:
    """Return an OTLP request that tells of one call of the model."""
    texts = {"operation.name": "chat", "provider.name": "acme", "request.model": "m"}
    attributes = [
        *({"key": f"gen_ai.{k}", "value": {"stringValue": v}} for k, v in texts.items()),
        *({"key": f"gen_ai.usage.{k}", "value": {"intValue": str(v)}} for k, v in TOLD.items()),
    ]
    span = {
        "traceId": hex_id(7, 32),
        "spanId": hex_id(1),
        "name": "chat",
        "startTimeUnixNano": str(NOON),
        "endTimeUnixNano": str(NOON + SECOND),
        "attributes": attributes,
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "s"}, "spans": [span]}]}]}


def test_the_ledger_keeps_both_lines_of_a_meter_and_the_steps_of_the_rate(
    tmp_path: Path, dsn: str
) -> None:
    marginal = book_of(tmp_path, one_model(RATE))
    path = tmp_path / "call.json"
    path.write_text(json.dumps(request_of_one_call()), encoding="utf-8")

    def read(store: Store) -> IngestReport:
        return ingest([path], store, received_ns=NOON + 60 * SECOND, rates=marginal)

    with Store.open(dsn) as store:
        assert read(store).priced == 1
        assert read(store).duplicates == 1
        settled = store.settle(now_ns=NOON + 3600 * SECOND)
        lines = rows(store, LINES)
        totals = rows(store, "SELECT total_usd FROM costs")
        conflicts = rows(store, "SELECT count() FROM findings")
        steps = rows(store, STEPS)
        (entry,) = entries_of_trace(store, hex_id(7, 32))

    assert lines == [
        ("input", BOUND, Decimal(3), Decimal("0.6")),
        ("input", 1, Decimal(6), Decimal("0.000006")),
        ("output", 7, Decimal(15), Decimal("0.000105")),
    ]
    assert totals == [(Decimal("0.600111"),)]
    assert conflicts == [(0,)]
    for step in [
        (BOUND + 1, "input", Decimal(6), 10**6),
        (BOUND + 1, "output", Decimal("22.5"), 10**6),
        (BOUND + 1, "reasoning", Decimal("22.5"), 10**6),
    ]:
        assert step in steps
    assert settled.corrections == 0
    assert content_digest(entry) == entry.content_digest
    shuffled = entry._replace(items=entry.items[::-1])
    assert content_digest(shuffled) == entry.content_digest
    wanted = {entry.call_id: Wanted(shuffled, "rate_correction")}
    assert restate([entry], wanted) == []
