"""Many traces -> one tree of call paths, with what each cost by itself and with all below: pure.

A call's path is the workflow it is for, whose code ran from the root of its trace down to it, the agent and the tool it
is of, and what it called: workflow > team and service, each time either changes > agent > tool > operation > model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.ancestry import SpanKey
from otel_costing.ledger import LedgerEntry
from otel_costing.origins import paying, roots_of
from otel_costing.rollup import net, sum_of
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Tokens, tokens_of, tokens_together

MOST_ABOVE = 200
"""How many spans above a call are looked at; of more, these are the nearest."""
DEEPEST = 1_000
"""More levels than any path has."""
LEVELS = ("workflow", "team", "agent", "tool", "operation", "model")
"""The kinds of levels, from the top down; `team` may come several times, the rest once at most."""


class Level(NamedTuple):
    """One level of a path."""

    kind: str
    """Out of `LEVELS`."""
    name: str
    """Empty where nobody said; agents and tools that nobody named are no levels at all."""
    service: str = ""
    """With the team."""


Path = tuple[Level, ...]
Ran = tuple[str, str]
"""A team and a service whose code ran; either may be empty."""


class PathNode(NamedTuple):
    """One path, with the calls that end there and those that go on below."""

    path: Path
    own_usd: Decimal | None
    """Of the calls that end there; None where none of them has a price."""
    subtree_usd: Decimal | None
    calls: int
    subtree_calls: int
    unpriced_calls: int
    subtree_unpriced_calls: int
    tokens: Tokens
    subtree_tokens: Tokens


def call_paths(
    entries: Iterable[LedgerEntry], spans: Iterable[Skeleton], depth: int = DEEPEST
) -> list[PathNode]:
    """Fold calls, net of corrections, to the paths they were made on.

    A call whose span was not kept stands beneath the parent it names. A span whose parent is not known is the top of
    its path, and so is one where the parents lead back into themselves. Adjustments are on the paths of what they name.

    Args:
        entries: of the ledger.
        spans: of the traces of these calls, all that are kept; of two of one id the first counts.
        depth: how many levels a path has at most; what is below ends at the last of them.

    Returns:
        Every path, and every beginning of one: each before those below it, the dearest first.
    """
    known: dict[SpanKey, Skeleton] = {}
    for span in spans:
        known.setdefault((span.trace_id, span.span_id), span)
    roots = roots_of(known.values())
    ending: dict[Path, list[LedgerEntry]] = defaultdict(list)
    for entry in net(entries):
        workflow = paying(entry, "caller", roots).workflow
        ending[_path(entry, workflow, known)[:depth]].append(entry)
    below: dict[Path, list[LedgerEntry]] = defaultdict(list)
    for path, some in ending.items():
        for length in range(1, len(path) + 1):
            below[path[:length]] += some
    return in_order([_node(path, ending.get(path, ()), some) for path, some in below.items()])


def _path(entry: LedgerEntry, workflow: str, known: Mapping[SpanKey, Skeleton]) -> Path:
    who = entry.attribution
    ran = [*above((entry.trace_id, entry.parent_span_id), known), (who.team, entry.service)]
    named = (
        [Level("agent", who.agent)] * bool(who.agent),
        [Level("tool", who.tool)] * bool(who.tool),
    )
    return (
        Level("workflow", workflow),
        *(Level("team", team, service) for team, service in in_steps(ran)),
        *named[0],
        *named[1],
        Level("operation", entry.operation),
        Level("model", entry.model),
    )


def above(start: SpanKey, known: Mapping[SpanKey, Skeleton]) -> list[Ran]:
    """Return whose code ran from the top of a trace down to a span, as far as the spans are known."""
    passed: dict[SpanKey, Ran] = {}
    key = start
    while key in known and key not in passed and len(passed) < MOST_ABOVE:
        span = known[key]
        passed[key] = (span.team, span.service)
        key = (span.trace_id, span.parent_span_id)
    return list(reversed(passed.values()))


def in_steps(ran: Iterable[Ran]) -> list[Ran]:
    """Return one step for each time the team or the service changes; what nobody said is no change.

    Most spans say their service alone: the team stands on the call, and on the span that a service's part begins with.
    """
    steps: list[Ran] = []
    for team, service in ran:
        last_team, last_service = steps[-1] if steps else ("", "")
        if steps and _agree(team, last_team) and _agree(service, last_service):
            steps[-1] = (last_team or team, last_service or service)
        else:
            steps.append((team, service))
    return steps


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _node(path: Path, ending: Sequence[LedgerEntry], below: Sequence[LedgerEntry]) -> PathNode:
    return PathNode(
        path,
        sum_of(one.total_usd for one in ending),
        sum_of(one.total_usd for one in below),
        sum(one.sign for one in ending),
        sum(one.sign for one in below),
        _unpriced(ending),
        _unpriced(below),
        _tokens(ending),
        _tokens(below),
    )


def _unpriced(entries: Iterable[LedgerEntry]) -> int:
    return sum(one.sign for one in entries if one.status == "unpriced")


def _tokens(entries: Iterable[LedgerEntry]) -> Tokens:
    return tokens_together([tokens_of(one.items) for one in entries])


def in_order(nodes: Iterable[PathNode]) -> list[PathNode]:
    """Return paths as a tree is read: each before those below it, of siblings the dearest first, then by name."""
    by_path = {node.path: node for node in nodes}
    return sorted(by_path.values(), key=lambda node: _place(node.path, by_path))


def _place(path: Path, by_path: Mapping[Path, PathNode]) -> tuple[tuple[object, ...], ...]:
    nodes = [by_path[path[:length]] for length in range(1, len(path) + 1)]
    return tuple((*_by_cost(node.subtree_usd), *node.path[-1]) for node in nodes)


def _by_cost(usd: Decimal | None) -> tuple[bool, Decimal]:
    return (usd is None, -(usd or Decimal(0)))


def together(several: Iterable[Sequence[PathNode]]) -> list[PathNode]:
    """Return the paths of several sets of calls as those of all of them."""
    by_path: dict[Path, list[PathNode]] = defaultdict(list)
    for nodes in several:
        for node in nodes:
            by_path[node.path].append(node)
    return in_order(_sum(path, nodes) for path, nodes in by_path.items())


def _sum(path: Path, nodes: Sequence[PathNode]) -> PathNode:
    return PathNode(
        path,
        sum_of(node.own_usd for node in nodes),
        sum_of(node.subtree_usd for node in nodes),
        sum(node.calls for node in nodes),
        sum(node.subtree_calls for node in nodes),
        sum(node.unpriced_calls for node in nodes),
        sum(node.subtree_unpriced_calls for node in nodes),
        tokens_together([node.tokens for node in nodes]),
        tokens_together([node.subtree_tokens for node in nodes]),
    )
