"""Skeletons and entries of one trace -> its tree with own and subtree cost: pure, linear, whatever comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from otel_costing.ledger import Item, LedgerEntry
from otel_costing.rollup import net, sum_of
from otel_costing.skeleton import Skeleton


@dataclass(slots=True)
class Node:
    """One span of a trace. The names are those of `otel-costing trace --format json`."""

    span_id: str
    name: str
    service: str
    team: str
    status: str
    """Of its call; empty for a span that is no booked call."""
    own_usd: Decimal | None
    """None where the span is no call, or one without a price."""
    subtree_usd: Decimal | None
    """Of the span and all below it; None where nothing of that has a price."""
    duration_ms: int
    lines: tuple[Item, ...]
    children: list[Node] = field(default_factory=list)
    start_ns: int = 0


def tree(spans: Iterable[Skeleton], entries: Iterable[LedgerEntry]) -> list[Node]:
    """Build the tree of one trace.

    A span whose parent is unknown is a root. A cycle of parents is cut above its earliest span. Of two
    spans of one id the first counts. A call whose span was not kept stands in by itself.

    Returns:
        The roots, and every list of children, by start.
    """
    calls: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in net(entries):
        calls[entry.span_id].append(entry)
    parents: dict[str, str] = {}
    nodes: dict[str, Node] = {}
    for span in spans:
        if span.span_id not in nodes:
            parents[span.span_id] = span.parent_span_id
            nodes[span.span_id] = _node_of_span(span, calls.get(span.span_id, ()))
    for span_id, of_span in calls.items():
        if span_id not in nodes:
            parents[span_id] = of_span[0].parent_span_id
            nodes[span_id] = _node_of_call(of_span)
    return _assembled(nodes, parents)


def _assembled(nodes: Mapping[str, Node], parents: Mapping[str, str]) -> list[Node]:
    by_start = sorted(nodes, key=lambda span_id: (nodes[span_id].start_ns, span_id))
    children: dict[str, list[str]] = defaultdict(list)
    for span_id in by_start:
        children[parents[span_id]].append(span_id)
    order: list[Node] = []
    reached: set[str] = set()
    roots = [span_id for span_id in by_start if parents[span_id] not in nodes]
    for root in roots:
        _descend(root, nodes, children, reached, order)
    for span_id in by_start:
        if span_id not in reached:
            roots.append(span_id)
            _descend(span_id, nodes, children, reached, order)
    for node in reversed(order):
        node.subtree_usd = sum_of([node.own_usd, *(child.subtree_usd for child in node.children)])
    return sorted((nodes[root] for root in roots), key=lambda node: (node.start_ns, node.span_id))


def _descend(
    root: str,
    nodes: Mapping[str, Node],
    children: Mapping[str, Sequence[str]],
    reached: set[str],
    order: list[Node],
) -> None:
    waiting = [root]
    reached.add(root)
    while waiting:
        span_id = waiting.pop()
        node = nodes[span_id]
        order.append(node)
        below = [child for child in children.get(span_id, ()) if child not in reached]
        reached.update(below)
        node.children = [nodes[child] for child in below]
        waiting.extend(below)


def _node_of_span(span: Skeleton, calls: Sequence[LedgerEntry]) -> Node:
    return Node(
        span_id=span.span_id,
        name=span.name,
        service=span.service,
        team=span.team,
        status=calls[0].status if calls else "",
        own_usd=sum_of(call.total_usd for call in calls),
        subtree_usd=None,
        duration_ms=span.duration_ms,
        lines=tuple(item for call in calls for item in call.items),
        start_ns=span.start_ns,
    )


def _node_of_call(calls: Sequence[LedgerEntry]) -> Node:
    first = calls[0]
    return Node(
        span_id=first.span_id,
        name=" ".join(part for part in (first.operation, first.model) if part),
        service=first.service,
        team=first.attribution.team,
        status=first.status,
        own_usd=sum_of(call.total_usd for call in calls),
        subtree_usd=None,
        duration_ms=first.duration_ms,
        lines=tuple(item for call in calls for item in call.items),
        start_ns=first.occurred_ns - first.duration_ms * 10**6,
    )
