"""What of the ledger a team may see: pure.

As owner it sees the calls that its own code ran. As caller it sees the calls of others that it pays for under `caller`
pays, where the origin is verified: the root of their trace came under its own identity. A claim by baggage alone
opens nothing. Of a caller's calls it sees what they cost and by which model, not whom the owner served with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.origins import is_verified, paying, roots_of
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Node

_OF_CALLERS = ("team", *(name for name in Attribution._fields if name.startswith("origin_")))


def visible_entries(
    entries: Iterable[LedgerEntry], spans: Iterable[Skeleton], team: str
) -> list[LedgerEntry]:
    """Return the entries that a team sees, each as it sees it.

    Args:
        entries: of one trace.
        spans: of the same trace, all that are known.
        team: whose token it is.
    """
    roots = roots_of(spans)
    seen = []
    for entry in entries:
        if entry.attribution.team == team:
            seen.append(entry)
        elif is_verified(entry, roots) and paying(entry, "caller", roots).team == team:
            seen.append(_as_caller_sees(entry))
    return seen


def _as_caller_sees(entry: LedgerEntry) -> LedgerEntry:
    told = {name: getattr(entry.attribution, name) for name in _OF_CALLERS}
    return entry._replace(attribution=Attribution(**told), tags=(), promoted=())


def lifted(roots: Sequence[Node], team: str) -> list[Node]:
    """Return the trees without the spans that a team does not see; what stands beneath one stands in its place.

    Args:
        roots: with the calls of visible entries alone, so that what is left out has no cost.
        team: whose token it is.
    """
    order: list[Node] = []
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    for node in reversed(order):
        node.children = _seen(node.children, team)
    return _seen(roots, team)


def _seen(nodes: Iterable[Node], team: str) -> list[Node]:
    """Return the nodes a team sees, and in place of any other those beneath, which were looked at before."""
    seen: list[Node] = []
    for node in nodes:
        seen.extend([node] if node.status or node.team == team else node.children)
    return sorted(seen, key=lambda node: (node.start_ns, node.span_id))
