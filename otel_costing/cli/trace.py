"""`otel-costing trace`: one trace as a tree with own and subtree cost, team boundaries marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput, dsn_option, format_option
from otel_costing.cli.output import console, unit_price_text, write_csv, write_json
from otel_costing.cli.trace_table import branches, show_tree
from otel_costing.ledger import Item
from otel_costing.trace_tree import Node, Tokens, summary

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
    with open_ledger(dsn, create=False) as store:
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


def trace_document(trace_id: str, roots: Sequence[Node]) -> dict[str, Any]:
    """Return the JSON document of DESIGN, and a `summary` of the whole; absent is None."""
    said = summary(roots)._asdict()
    usd = said.pop("usd")
    return {
        "trace_id": trace_id,
        "total_usd": usd,
        "summary": {**said, "tokens": dict(said["tokens"])},
        "roots": [_document(root) for root in roots],
    }


def _document(root: Node) -> dict[str, Any]:
    """Build without recursion: a hostile trace may be deeper than Python's stack."""
    documents: dict[int, dict[str, Any]] = {}
    for node in _walk(root):
        documents[id(node)] = {
            **_flat(node),
            "lines": [item_document(item) for item in node.lines],
            "children": [],
        }
    for node in _walk(root):
        documents[id(node)]["children"] = [documents[id(child)] for child in node.children]
    return documents[id(root)]


def _walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.children)


def _flat(node: Node) -> dict[str, Any]:
    return {
        "span_id": node.span_id,
        "name": node.name,
        "service": node.service or None,
        "team": node.team or None,
        "status": node.status or None,
        "own_usd": node.own_usd,
        "subtree_usd": node.subtree_usd,
        "duration_ms": node.duration_ms,
        "calls": node.calls,
        "tokens": dict(node.tokens),
        "subtree_calls": node.subtree_calls,
        "subtree_unpriced_calls": node.subtree_unpriced_calls,
        "subtree_tokens": dict(node.subtree_tokens),
        "failed": node.is_failed,
        "error_type": node.error_type or None,
        "is_retry": node.is_retry,
        "boundary": node.is_boundary,
        "missing_parent": node.missing_parent or None,
        "is_kept": node.is_kept,
    }


def _csv_row(node: Node, depth: int) -> dict[str, Any]:
    """Return a row for a spreadsheet: one number of tokens, which meters are disjoint for."""
    tokens = {"tokens": _sum(node.tokens), "subtree_tokens": _sum(node.subtree_tokens)}
    return {**_flat(node), **tokens, "depth": depth}


def _sum(tokens: Tokens) -> int | None:
    return sum(tokens.values()) if tokens else None


def item_document(item: Item) -> dict[str, Any]:
    """Return one line item of an entry as JSON."""
    return {
        "meter": item.meter,
        "quantity": item.quantity,
        "unit": item.unit,
        "unit_price_usd": unit_price_text(item.unit_price),
        "per": item.per,
        "amount_usd": item.amount_usd,
    }
