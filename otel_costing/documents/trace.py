"""The tree of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from otel_costing.documents.values import unit_price_text
from otel_costing.ledger import Item
from otel_costing.trace_tree import Node, Tokens, summary


def trace_document(trace_id: str, roots: Sequence[Node]) -> dict[str, Any]:
    """Return the document of one trace: its trees, and a `summary` of the whole."""
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
            **node_document(node),
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


def node_document(node: Node) -> dict[str, Any]:
    """Return one span, without its line items and without those below it."""
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


def all_tokens(tokens: Tokens) -> int | None:
    """Return one number for all meters, which are disjoint; None where nothing is known."""
    return sum(tokens.values()) if tokens else None


def item_document(item: Item) -> dict[str, Any]:
    """Return one line item of an entry."""
    return {
        "meter": item.meter,
        "quantity": item.quantity,
        "unit": item.unit,
        "unit_price_usd": unit_price_text(item.unit_price),
        "per": item.per,
        "amount_usd": item.amount_usd,
    }
