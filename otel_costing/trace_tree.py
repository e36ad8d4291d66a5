"""Skeletons and entries of one trace -> its tree with own and subtree cost: pure, linear, whatever comes.

Spans may come in any order, over minutes: what is known so far is a tree. A span whose parent is not known (yet) is a
root that names it, and takes its place below once the parent has come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from otel_costing.ledger import Item, LedgerEntry
from otel_costing.rollup import net, retrying, sum_of
from otel_costing.skeleton import Skeleton

TOKEN = "token"  # noqa: S105 - a unit of meters.yaml
Tokens = Mapping[str, int]
"""Quantity by meter, of the meters that count tokens and have any."""


class TracedCall(NamedTuple):
    """What a tree tells of a call that stands; fields as in `LedgerEntry`."""

    span_id: str
    parent_span_id: str
    operation: str
    model: str
    service: str
    team: str
    status: str
    sign: int
    total_usd: Decimal | None
    occurred_ns: int
    duration_ms: int
    error_type: str
    items: tuple[Item, ...]


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
    calls: int = 0
    unpriced_calls: int = 0
    tokens: Tokens = field(default_factory=dict)
    subtree_calls: int = 0
    subtree_unpriced_calls: int = 0
    subtree_tokens: Tokens = field(default_factory=dict)
    is_failed: bool = False
    error_type: str = ""
    """Of its call; a failed span that is no call has none."""
    is_retry: bool = False
    """It tries again what had failed; see `rollup.retrying`."""
    is_boundary: bool = False
    """It runs in another team's code than what stands above it."""
    missing_parent: str = ""
    """The id of its parent, where that is not known."""
    is_kept: bool = True
    """False where the ledger has its call alone, not the span."""


def tree(spans: Iterable[Skeleton], entries: Iterable[LedgerEntry]) -> list[Node]:
    """Build the tree of one trace of every entry that was booked for its calls; see `tree_of_calls`."""
    return tree_of_calls(spans, map(_traced, net(entries)))


def _traced(entry: LedgerEntry) -> TracedCall:
    team = entry.attribution.team
    return TracedCall._make(
        team if name == "team" else getattr(entry, name) for name in TracedCall._fields
    )


def tree_of_calls(spans: Iterable[Skeleton], standing: Iterable[TracedCall]) -> list[Node]:
    """Build the tree of one trace.

    A span whose parent is unknown is a root. A cycle of parents is cut above its earliest span. Of two
    spans of one id the first counts. A call whose span was not kept stands in by itself.

    Returns:
        The roots, and every list of children, by start.
    """
    calls: dict[str, list[TracedCall]] = defaultdict(list)
    for call in standing:
        calls[call.span_id].append(call)
    known: dict[str, Skeleton] = {}
    for span in spans:
        known.setdefault(span.span_id, span)
    again = {span_id for _, span_id in retrying(known.values())}
    nodes = {span.span_id: _node_of_span(span, again, calls) for span in known.values()}
    parents = {span.span_id: span.parent_span_id for span in known.values()}
    for span_id in calls.keys() - known.keys():
        parents[span_id] = calls[span_id][0].parent_span_id
        nodes[span_id] = _node_of_call(calls[span_id])
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
        nodes[root].missing_parent = parents[root]
        _descend(root, nodes, children, reached, order)
    for span_id in by_start:
        if span_id not in reached:
            roots.append(span_id)
            _descend(span_id, nodes, children, reached, order)
    for node in reversed(order):
        _sum_up(node)
    return sorted((nodes[root] for root in roots), key=lambda node: (node.start_ns, node.span_id))


def _descend(
    root: str,
    nodes: Mapping[str, Node],
    children: Mapping[str, Sequence[str]],
    reached: set[str],
    order: list[Node],
) -> None:
    waiting = [(root, "")]
    reached.add(root)
    while waiting:
        span_id, team_above = waiting.pop()
        node = nodes[span_id]
        order.append(node)
        node.is_boundary = bool(team_above and node.team and node.team != team_above)
        below = [child for child in children.get(span_id, ()) if child not in reached]
        reached.update(below)
        node.children = [nodes[child] for child in below]
        waiting.extend((child, node.team or team_above) for child in below)


def _sum_up(node: Node) -> None:
    below = node.children
    node.subtree_usd = sum_of([node.own_usd, *(child.subtree_usd for child in below)])
    node.subtree_calls = node.calls + sum(child.subtree_calls for child in below)
    node.subtree_unpriced_calls = node.unpriced_calls + sum(
        child.subtree_unpriced_calls for child in below
    )
    node.subtree_tokens = tokens_together([node.tokens, *(child.subtree_tokens for child in below)])


def tokens_of(items: Iterable[Item]) -> Tokens:
    """Return the tokens of some line items by meter; a meter that comes to none is left out."""
    counted: Counter[str] = Counter()
    for item in items:
        if item.unit == TOKEN:
            counted[item.meter] += item.quantity
    return {meter: quantity for meter, quantity in sorted(counted.items()) if quantity}


def tokens_together(several: Sequence[Tokens]) -> Tokens:
    """Return the sums by meter; the same mapping where only one of them has any: a chain is as deep as it likes."""
    some = [tokens for tokens in several if tokens]
    if len(some) < 2:
        return some[0] if some else {}
    counted: Counter[str] = Counter()
    for tokens in some:
        counted.update(tokens)
    return {meter: quantity for meter, quantity in sorted(counted.items()) if quantity}


def _node_of_span(
    span: Skeleton, again: set[str], calls: Mapping[str, Sequence[TracedCall]]
) -> Node:
    own = calls.get(span.span_id, ())
    node = Node(
        span_id=span.span_id,
        name=span.name,
        service=span.service,
        team=span.team,
        status="",
        own_usd=None,
        subtree_usd=None,
        duration_ms=span.duration_ms,
        lines=(),
        start_ns=span.start_ns,
        is_failed=span.failed,
        is_retry=span.span_id in again,
    )
    return _with_calls(node, own) if own else node


def _node_of_call(calls: Sequence[TracedCall]) -> Node:
    first = calls[0]
    node = Node(
        span_id=first.span_id,
        name=" ".join(part for part in (first.operation, first.model) if part),
        service=first.service,
        team=first.team,
        status=first.status,
        own_usd=None,
        subtree_usd=None,
        duration_ms=first.duration_ms,
        lines=(),
        start_ns=first.occurred_ns - first.duration_ms * 10**6,
        is_kept=False,
    )
    return _with_calls(node, calls)


def _with_calls(node: Node, calls: Sequence[TracedCall]) -> Node:
    node.status = calls[0].status
    node.own_usd = sum_of(call.total_usd for call in calls)
    node.lines = tuple(item for call in calls for item in call.items)
    node.calls = sum(call.sign for call in calls)
    node.unpriced_calls = sum(call.sign for call in calls if call.status == "unpriced")
    node.tokens = tokens_of(node.lines)
    node.error_type = next((call.error_type for call in calls if call.error_type), "")
    node.is_failed = node.is_failed or bool(node.error_type)
    return node


class Summary(NamedTuple):
    """What is to be said of a trace as a whole."""

    spans: int
    """Calls whose span was not kept among them."""
    calls: int
    unpriced_calls: int
    usd: Decimal | None
    tokens: Tokens
    depth: int
    """Spans on the longest way from a root down; 1 where nothing stands below another."""
    widest: int
    """The most spans directly below one."""
    teams: tuple[str, ...]
    """Whose code ran, by name."""
    boundaries: int
    failed: int
    retries: int
    missing_parents: tuple[str, ...]
    """Ids of spans that are named as parents and not known."""
    duration_ms: int
    """From the first start to the last end."""


def summary(roots: Sequence[Node]) -> Summary:
    """Sum up the trees of a trace."""
    depth, every = _levels(roots)
    return Summary(
        spans=len(every),
        calls=sum(root.subtree_calls for root in roots),
        unpriced_calls=sum(root.subtree_unpriced_calls for root in roots),
        usd=sum_of(root.subtree_usd for root in roots),
        tokens=tokens_together([root.subtree_tokens for root in roots]),
        depth=depth,
        widest=max((len(node.children) for node in every), default=0),
        teams=tuple(sorted({node.team for node in every} - {""})),
        boundaries=sum(node.is_boundary for node in every),
        failed=sum(node.is_failed for node in every),
        retries=sum(node.is_retry for node in every),
        missing_parents=tuple(sorted({node.missing_parent for node in roots} - {""})),
        duration_ms=_lasted_ms(every),
    )


def _levels(roots: Sequence[Node]) -> tuple[int, list[Node]]:
    depth, level, every = 0, list(roots), list(roots)
    while level:
        depth += 1
        level = [child for node in level for child in node.children]
        every += level
    return depth, every


def _lasted_ms(nodes: Sequence[Node]) -> int:
    if not nodes:
        return 0
    first = min(node.start_ns for node in nodes)
    last = max(node.start_ns + node.duration_ms * 10**6 for node in nodes)
    return (last - first) // 10**6
