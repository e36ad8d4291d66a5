"""`otel-costing trace`: one trace as a tree with own and subtree cost, team boundaries marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.text import Text

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput, dsn_option, format_option
from otel_costing.cli.output import console, money_column, on_one_line, table, write_csv, write_json
from otel_costing.ledger import Item
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
)

_WIDEST_TEAM = 20
_NARROWEST_NAME = 16
_BETWEEN_COLUMNS = 6


class Branch(NamedTuple):
    """One line of the tree as it is shown."""

    guide: str
    node: Node
    depth: int
    crosses_teams: bool
    """The span runs in another team's code than its parent."""


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
        write_csv(
            _COLUMNS, ({**_flat(branch.node), "depth": branch.depth} for branch in branches(roots))
        )
    else:
        show_tree(console(), wanted, roots)


def trace_document(trace_id: str, roots: Sequence[Node]) -> dict[str, Any]:
    """Return the JSON document of DESIGN; absent is None."""
    return {
        "trace_id": trace_id,
        "total_usd": total_usd(roots),
        "roots": [_document(root) for root in roots],
    }


def total_usd(roots: Sequence[Node]) -> Decimal | None:
    """Return the exact sum of all roots' subtrees; None where nothing is priced."""
    from otel_costing.rollup import sum_of

    return sum_of(root.subtree_usd for root in roots)


def _document(root: Node) -> dict[str, Any]:
    """Build without recursion: a hostile trace may be deeper than Python's stack."""
    documents: dict[int, dict[str, Any]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        documents[id(node)] = {
            **_flat(node),
            "lines": [item_document(item) for item in node.lines],
            "children": [],
        }
        waiting.extend(node.children)
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
    }


def item_document(item: Item) -> dict[str, Any]:
    """Return one line item of an entry as JSON."""
    return {
        "meter": item.meter,
        "quantity": item.quantity,
        "unit": item.unit,
        "unit_price_usd": item.unit_price,
        "per": item.per,
        "amount_usd": item.amount_usd,
    }


def branches(roots: Sequence[Node]) -> Iterator[Branch]:
    """Yield every span in the order it is shown, with the guide that draws its place in the tree."""
    waiting = [(root, "", "", "", 0) for root in reversed(roots)]
    while waiting:
        node, lead, elbow, team, depth = waiting.pop()
        yield Branch(lead + elbow, node, depth, bool(team and node.team and node.team != team))
        below = lead + {"": "", "├ ": "│ ", "└ ": "  "}[elbow]
        last = len(node.children) - 1
        waiting.extend(
            (child, below, "└ " if position == last else "├ ", node.team or team, depth + 1)
            for position, child in reversed(list(enumerate(node.children)))
        )


def show_tree(out: Console, trace_id: str, roots: Sequence[Node]) -> None:
    """Show the tree at 80 columns; names are cut, amounts are not."""
    shown = list(branches(roots))
    own = money_column([branch.node.own_usd for branch in shown])
    subtree = money_column([*(branch.node.subtree_usd for branch in shown), total_usd(roots)])
    rows = table(
        title=f"[bold]trace {trace_id}[/]",
        caption="» the span runs in another team's code than its parent",
    )
    money = max(len("with below"), *map(len, subtree))
    teams = min(_WIDEST_TEAM, max(len(_team(branch)) for branch in shown))
    names = max(out.width - 2 * money - teams - _BETWEEN_COLUMNS, _NARROWEST_NAME)
    for heading, width in (("span", names), ("team", teams)):
        rows.add_column(heading, no_wrap=True, overflow="ellipsis", width=width)
    for heading in ("own USD", "with below"):
        rows.add_column(heading, justify="right", no_wrap=True, width=money)
    for branch, own_usd, subtree_usd in zip(shown, own, subtree, strict=False):
        rows.add_row(_span(branch), _team(branch), _own(branch.node, own_usd), subtree_usd)
    rows.add_section()
    rows.add_row(Text("total", style="bold"), "", "", Text(subtree[-1], style="bold"))
    out.print(rows)


def _span(branch: Branch) -> Text:
    return Text(branch.guide, style="dim") + Text(on_one_line(branch.node.name))


def _team(branch: Branch) -> Text:
    team = on_one_line(branch.node.team)
    return Text(f"» {team}", style="bold") if branch.crosses_teams else Text(team)


def _own(node: Node, own_usd: str) -> Text:
    return (
        Text("unpriced", style="yellow")
        if node.status == "unpriced"
        else Text(own_usd if node.status else "")
    )
