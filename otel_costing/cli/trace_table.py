"""The tree of a trace for people: 80 columns, amounts whole, names cut, what is odd said in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from otel_costing.cli.output import counted, in_short, money_column, on_one_line, table, took
from otel_costing.cli.tree_tables import BRANCH, LAST, add_columns, lead_below
from otel_costing.trace_tree import Node, Summary, Tokens, summary

_LONGEST_GUIDE = 24
"""Of a deeper tree only the last levels are drawn, after how many there are above."""
_MOST_IDS = 3
_BOUNDARY, _RETRY, _FAILED, _ORPHAN = "»", "↻", "✗", "?"
_MEANINGS = {
    _BOUNDARY: "another team's code than above",
    _RETRY: "tries again",
    _FAILED: "failed",
    _ORPHAN: "parent unknown",
}


class Branch(NamedTuple):
    """One line of the tree as it is shown."""

    guide: str
    node: Node
    depth: int
    team: str
    """Empty where it is that of the line above it in the tree."""


def branches(roots: Sequence[Node]) -> Iterator[Branch]:
    """Yield every span in the order it is shown, with the guide that draws its place in the tree."""
    waiting = [(root, "", "", "", 0) for root in reversed(roots)]
    while waiting:
        node, lead, elbow, team, depth = waiting.pop()
        yield Branch(
            _guide(lead + elbow, depth), node, depth, node.team if node.team != team else ""
        )
        # No longer than is shown, or a chain of spans would take the square of its length.
        below = lead_below(lead, elbow)[-_LONGEST_GUIDE:]
        last = len(node.children) - 1
        waiting.extend(
            (child, below, LAST if position == last else BRANCH, node.team or team, depth + 1)
            for position, child in reversed(list(enumerate(node.children)))
        )


def _guide(drawn: str, depth: int) -> str:
    if 2 * depth <= _LONGEST_GUIDE:
        return drawn
    above = f"…{depth} "
    return above + drawn[-(_LONGEST_GUIDE // 2) :]


def show_tree(out: Console, trace_id: str, roots: Sequence[Node]) -> None:
    """Show the tree at 80 columns; names are cut, amounts are not."""
    shown = list(branches(roots))
    whole = summary(roots)
    own = money_column([branch.node.own_usd for branch in shown])
    subtree = money_column([*(branch.node.subtree_usd for branch in shown), whole.usd])
    took_column = [took(branch.node.duration_ms) for branch in shown] + [took(whole.duration_ms)]
    tokens = [_tokens(branch.node.subtree_tokens) for branch in shown] + [_tokens(whole.tokens)]
    rows = table(title=f"[bold]trace {trace_id}[/]", caption=_legend(whole))
    columns = {"took": took_column, "tokens": tokens, "own USD": own, "with below": subtree}
    add_columns(rows, out, "span", columns)
    for branch, *cells, own_usd, subtree_usd in zip(
        shown, took_column, tokens, own, subtree, strict=False
    ):
        rows.add_row(_span(branch), *cells, _own(branch.node, own_usd), subtree_usd)
    rows.add_section()
    last = [Text(cells[-1], style="bold") for cells in (took_column, tokens, subtree)]
    rows.add_row(Text("total", style="bold"), last[0], last[1], "", last[2])
    out.print(rows)
    out.print("\n".join(_said(whole)), markup=False)


def _span(branch: Branch) -> Text:
    node = branch.node
    shown = {_ORPHAN: node.missing_parent, _RETRY: node.is_retry, _FAILED: node.is_failed}
    marks = "".join(f"{mark} " for mark, is_so in shown.items() if is_so)
    crossed = f"{_BOUNDARY} " if node.is_boundary else ""
    team = f"{crossed}{on_one_line(branch.team)}: " if branch.team else ""
    why = f" ({on_one_line(node.error_type)})" if node.error_type else ""
    return (
        Text(branch.guide, style="dim")
        + Text(marks, style="yellow")
        + Text(team, style="bold")
        + Text(on_one_line(node.name) + why)
    )


def _legend(whole: Summary) -> str | None:
    """Return what the marks mean that are shown; none where none is."""
    used = {
        _BOUNDARY: whole.boundaries,
        _RETRY: whole.retries,
        _FAILED: whole.failed,
        _ORPHAN: len(whole.missing_parents),
    }
    return "; ".join(f"{mark} {_MEANINGS[mark]}" for mark, count in used.items() if count) or None


def _own(node: Node, own_usd: str) -> Text:
    return (
        Text("unpriced", style="yellow")
        if node.status == "unpriced"
        else Text(own_usd if node.status else "")
    )


def _tokens(tokens: Tokens) -> str:
    return in_short(sum(tokens.values())) if tokens else ""


def _said(whole: Summary) -> Iterator[str]:
    """Say the facts of a trace in two or three lines."""
    depth = f"{whole.depth:,} deep, at most {whole.widest:,} below one"
    yield f"{counted(whole.calls, 'call')} in {counted(whole.spans, 'span')}, {depth}"
    teams = ", ".join(map(on_one_line, whole.teams)) or "unattributed"
    crossed = (
        f"; into another's code {counted(whole.boundaries, 'time')}" if whole.boundaries else ""
    )
    yield f"{'team' if len(whole.teams) < 2 else 'teams'}: {teams}{crossed}"
    odd = {"unpriced": whole.unpriced_calls, "failed": whole.failed, "retried": whole.retries}
    if any(odd.values()):
        yield ", ".join(f"{count:,} {what}" for what, count in odd.items() if count)
    if whole.missing_parents:
        named = ", ".join(whole.missing_parents[:_MOST_IDS])
        more = ", ..." if len(whole.missing_parents) > _MOST_IDS else ""
        yield f"not known, or not yet, of spans that are named as parents: {named}{more}"
