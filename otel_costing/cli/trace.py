"""`otel-costing trace`: one trace as a tree with own and subtree cost, team boundaries marked."""

from __future__ import annotations

from typing import Any

import click

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput, dsn_option, format_option
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.cli.trace_table import branches, show_tree
from otel_costing.documents.trace import all_tokens, node_document, trace_document
from otel_costing.trace_tree import Node

_COLUMNS = (
    "depth",
    "span_id",
    "name",
    "service",
    "team",
    "status",
    "own_usd",
    "subtree_usd",
    "duration_ms",
    "calls",
    "tokens",
    "subtree_calls",
    "subtree_unpriced_calls",
    "subtree_tokens",
    "failed",
    "error_type",
    "is_retry",
    "boundary",
    "missing_parent",
    "is_kept",
)


@click.command("trace", short_help="Show the cost tree of one trace.")
@click.argument("trace_id")
@dsn_option
@format_option
def trace_command(trace_id: str, dsn: str, style: str) -> None:
    """Show the tree of one trace: what each span cost itself and with all below it.

    TRACE_ID is 32 hex digits; `report --by trace_id` lists them. Leaves with status 1 where the ledger has no such trace.
    """
    wanted = trace_id.lower().removeprefix("0x")
    if len(wanted) != 32 or set(wanted) - set("0123456789abcdef"):
        raise BadInput(f"{trace_id!r} is no trace id; it has 32 hex digits.")
    with open_ledger(dsn) as store:
        from otel_costing.clickhouse.reports import trace_tree

        roots = trace_tree(store, wanted)
    if not roots:
        click.echo(f"The ledger has no trace {wanted}.", err=True)
        raise SystemExit(1)
    document = trace_document(wanted, roots)
    if style == "json":
        try:
            write_json(document)
        except RecursionError:
            raise BadInput("The trace nests too deeply for JSON; use --format csv.") from None
    elif style == "csv":
        write_csv(_COLUMNS, (_csv_row(branch.node, branch.depth) for branch in branches(roots)))
    else:
        show_tree(console(), wanted, roots)


def _csv_row(node: Node, depth: int) -> dict[str, Any]:
    """Return a row for a spreadsheet: one number of tokens, which meters are disjoint for."""
    tokens = {"tokens": all_tokens(node.tokens), "subtree_tokens": all_tokens(node.subtree_tokens)}
    return {**node_document(node), **tokens, "depth": depth}
