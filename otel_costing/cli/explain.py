"""`otel-costing explain`: why a call costs what it costs, from its span to every entry ever posted for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from otel_costing.cli.explain_texts import paragraphs
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import dsn_option, format_option
from otel_costing.cli.output import console, write_csv, write_json

_COLUMNS = (
    "call_id",
    "entry_id",
    "kind",
    "revision",
    "cause",
    "status",
    "model",
    "team",
    "total_usd",
    "rate_id",
    "rates_digest",
    "batch_id",
    "booked_at",
    "billing_period",
)


@click.command("explain", short_help="Tell why a call costs what it costs.")
@click.argument("name", metavar="CALL_ID|TRACE_ID|TRACE_ID/SPAN_ID|RESPONSE_ID")
@dsn_option
@format_option
def explain_command(name: str, dsn: str, style: str) -> None:
    """Tell what a call's span said and by which rule it is read, its rate, its arithmetic and its entries.

    A trace is explained call by call, 20 at most. CSV has the entries alone. Leaves with status 1 where the ledger
    knows no such call.
    """
    with open_ledger(dsn) as store:
        from otel_costing.clickhouse.explaining import explain
        from otel_costing.provenance import story

        explained = explain(store, name)
    if not explained.calls:
        click.echo(f"The ledger has no call, trace, span or response {name!r}.", err=True)
        raise SystemExit(1)
    document = {
        "asked": name,
        "calls": [story(known) for known in explained.calls],
        "more_calls": explained.more,
    }
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, _entries(document))
    else:
        _show(document)


def _entries(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for call in document["calls"]:
        for entry in call["entries"]:
            yield {"call_id": call["call_id"], **entry}


def _show(document: Mapping[str, Any]) -> None:
    out = console()
    for number, call in enumerate(document["calls"]):
        if number:
            out.print()
        for text in paragraphs(call):
            out.print(text, markup=False)
    if document["more_calls"]:
        out.print(f"\n... and {document['more_calls']:,} more calls; ask for one by its call id.")
