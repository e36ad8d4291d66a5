"""`ingest --spans`: which skeletons go into the ledger; its totals are the same."""

from __future__ import annotations

import pytest

from otel_costing.clickhouse.store import Store
from tests.cli.conftest import Command
from tests.clickhouse.tables import rows
from tests.conformance.truth import SPANS

AGENT = str(SPANS / "otel-genai-langchain__langgraph_agent.json")


@pytest.mark.parametrize("kept", ["all", "genai", "none"])
def test_what_is_kept_of_spans_leaves_the_totals_alone(
    command: Command, dsn: str, kept: str
) -> None:
    document = command("ingest", AGENT, "--spans", kept, "--dsn", dsn, "--format", "json").document
    total = command("report", "--by", "model", "--dsn", dsn, "--format", "json").document
    with Store.open(dsn, create=False) as store:
        ((spans,),) = rows(store, "SELECT count() FROM spans")

    assert document["spans"] > document["billable_calls"] > 0
    assert total["total_usd"] != "0.000000000000"
    assert (spans == 0) is (kept == "none")
    assert kept != "all" or spans == document["spans"]


def test_another_word_is_refused(command: Command, dsn: str) -> None:
    answer = command("ingest", AGENT, "--spans", "some", "--dsn", dsn)

    assert answer.status == 2
    assert "'all', 'genai', 'none'" in answer.err
