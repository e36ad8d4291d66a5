"""`otel-costing paths`: many traces folded to call paths, with what each cost by itself and with all below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.text import Text

from otel_costing.call_paths import DEEPEST, Level, Path, PathNode
from otel_costing.cli.ledger import open_ledger, refused_in_a_sentence
from otel_costing.cli.options import (
    FORMATS,
    between_options,
    dsn_option,
    where_option,
    workflow_option,
    zone_of_dates_option,
)
from otel_costing.cli.output import (
    console,
    in_short,
    money_column,
    on_one_line,
    table,
    write_csv,
    write_json,
)
from otel_costing.cli.tree_tables import BRANCH, LAST, add_columns, lead_below
from otel_costing.documents.trace import all_tokens
from otel_costing.documents.values import bounds_text
from otel_costing.money import pico_of
from otel_costing.rollup import sum_of
from otel_costing.trace_tree import tokens_together

_COLUMNS = (
    "depth",
    "path",
    "level",
    "name",
    "service",
    "own_usd",
    "subtree_usd",
    "calls",
    "subtree_calls",
    "unpriced_calls",
    "subtree_unpriced_calls",
    "tokens",
    "subtree_tokens",
)
_UNSAID = {"workflow": "no workflow", "team": "unattributed", "operation": "?", "model": "no model"}


@click.command("paths", short_help="Show what call paths cost, over many traces.")
@between_options
@workflow_option
@where_option
@click.option(
    "--depth",
    type=click.IntRange(min=1, max=DEEPEST),
    default=DEEPEST,
    show_default="all",
    help="How many levels are told apart; what is below counts at the last.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many paths of one level the table shows; the others are one line.",
)
@zone_of_dates_option
@dsn_option
@click.option(
    "--format",
    "style",
    type=click.Choice((*FORMATS, "folded")),
    default="table",
    show_default=True,
    help="folded: one line per path with its own cost in whole pico-USD (1e-12), as flame graph tools read it.",
)
def paths_command(
    *,
    since: datetime | None,
    until: datetime | None,
    workflow: list[tuple[str, str]],
    where: list[tuple[str, str]],
    depth: int,
    top: int,
    dsn: str,
    style: str,
) -> None:
    """Show on which paths calls were made: workflow > team and service > agent > tool > operation > model.

    A path has a step for each time another team or service takes over, from the root of the trace down to the call.

    Example: otel-costing paths --workflow resolve-ticket --since 2026-10-01
    """
    conditions = [*where, *workflow]
    with open_ledger(dsn) as store, refused_in_a_sentence():
        from otel_costing.clickhouse.path_reports import path_report

        nodes = path_report(store, since=since, until=until, where=conditions, depth=depth)
    if style == "json":
        write_json(paths_document(nodes, since, until, conditions))
    elif style == "csv":
        write_csv(_COLUMNS, (_csv_row(node) for node in nodes))
    elif style == "folded":
        for line in folded(nodes):
            click.echo(line)
    else:
        show_paths(console(), nodes, top)


def paths_document(
    nodes: Sequence[PathNode],
    since: datetime | None,
    until: datetime | None,
    where: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    """Return the JSON document: every path, each before those below it; absent is None."""
    whole = [node for node in nodes if len(node.path) == 1]
    return {
        **bounds_text(since, until),
        "where": dict(where),
        "total_usd": sum_of(node.subtree_usd for node in whole),
        "calls": sum(node.subtree_calls for node in whole),
        "unpriced_calls": sum(node.subtree_unpriced_calls for node in whole),
        "paths": [
            {"path": [_level_document(level) for level in node.path], **_sums(node)}
            for node in nodes
        ],
    }


def _level_document(level: Level) -> dict[str, Any]:
    said = {"level": level.kind, "name": level.name or None}
    return {**said, "service": level.service or None} if level.kind == "team" else said


def _sums(node: PathNode) -> dict[str, Any]:
    tokens = {"tokens": dict(node.tokens), "subtree_tokens": dict(node.subtree_tokens)}
    return {name: value for name, value in {**node._asdict(), **tokens}.items() if name != "path"}


def _csv_row(node: PathNode) -> dict[str, Any]:
    level = node.path[-1]
    return {
        **_sums(node),
        "depth": len(node.path) - 1,
        "path": " > ".join(map(label, node.path)),
        "level": level.kind,
        "name": level.name,
        "service": level.service,
        "tokens": all_tokens(node.tokens),
        "subtree_tokens": all_tokens(node.subtree_tokens),
    }


def label(level: Level) -> str:
    """Return a level as people read it."""
    name = on_one_line(level.name) or _UNSAID[level.kind]
    if level.kind == "team":
        return f"{name} ({on_one_line(level.service)})" if level.service else name
    return f"{level.kind} {name}" if level.kind in ("agent", "tool") else name


def folded(nodes: Sequence[PathNode]) -> Iterator[str]:
    """Yield a line for each path with calls that have a price: its levels by semicolons, and their cost in pico-USD."""
    for node in nodes:
        if node.own_usd:
            path = ";".join(label(level).replace(";", ":") for level in node.path)
            yield f"{path} {pico_of(node.own_usd)}"


class Line(NamedTuple):
    """One line of the table: a path, or all the cheaper ones beside it."""

    guide: str
    label: str
    node: PathNode


def lines(nodes: Sequence[PathNode], top: int) -> Iterator[Line]:
    """Yield the lines of the table in the order they are shown.

    Args:
        nodes: in the order of `in_order`.
        top: how many of one level are shown.
    """
    below: dict[Path, list[PathNode]] = defaultdict(list)
    for node in nodes:
        below[node.path[:-1]].append(node)
    waiting = [("", line) for line in reversed(_level((), below, top))]
    while waiting:
        lead, line = waiting.pop()
        yield line._replace(guide=lead + line.guide)
        if line.node.path and line.node.path in below:
            deeper = lead_below(lead, line.guide)
            further = _level(line.node.path, below, top)
            waiting.extend((deeper, each) for each in reversed(further))


def _level(path: Path, below: Mapping[Path, Sequence[PathNode]], top: int) -> list[Line]:
    nodes = below[path]
    shown = [Line(BRANCH, label(node.path[-1]), node) for node in nodes[:top]]
    if nodes[top:]:
        shown.append(Line(BRANCH, f"{len(nodes) - top:,} more", _together(nodes[top:])))
    if shown:
        shown[-1] = shown[-1]._replace(guide=LAST)
    return shown if path else [line._replace(guide="") for line in shown]


def _together(nodes: Sequence[PathNode]) -> PathNode:
    """Return paths side by side as one that has none below it."""
    return PathNode(
        (),
        None,
        sum_of(node.subtree_usd for node in nodes),
        0,
        sum(node.subtree_calls for node in nodes),
        0,
        sum(node.subtree_unpriced_calls for node in nodes),
        {},
        tokens_together([node.subtree_tokens for node in nodes]),
    )


def _tokens(node: PathNode) -> str:
    counted = all_tokens(node.subtree_tokens)
    return "" if counted is None else in_short(counted)


def show_paths(out: Console, nodes: Sequence[PathNode], top: int) -> None:
    """Show paths as a tree at 80 columns; names are cut, amounts are not."""
    shown = list(lines(nodes, top))
    whole = _together([node for node in nodes if len(node.path) == 1])
    every = [*(line.node for line in shown), whole]
    columns = {
        "calls": [in_short(node.subtree_calls) for node in every],
        "tokens": [_tokens(node) for node in every],
        "unpriced": [f"{node.subtree_unpriced_calls or '.'}" for node in every],
        "USD with below": money_column([node.subtree_usd for node in every]),
    }
    rows = table()
    add_columns(rows, out, "path", columns)
    for line, *cells in zip(shown, *columns.values(), strict=False):
        rows.add_row(Text(line.guide, style="dim") + Text(line.label), *cells)
    rows.add_section()
    totals = [Text(cells[-1], style="bold") for cells in columns.values()]
    rows.add_row(Text("total", style="bold"), *totals)
    out.print(rows)
