"""`otel-costing runs`: what runs cost, one by one and as a distribution, and what of it was spent in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from otel_costing.cli.ledger import open_ledger, refused_in_a_sentence
from otel_costing.cli.options import (
    between_options,
    by_option,
    dsn_option,
    format_option,
    time_zone_option,
    where_option,
    workflow_option,
)
from otel_costing.cli.output import (
    console,
    money_column,
    named_cell,
    on_one_line,
    table,
    write_csv,
    write_json,
)
from otel_costing.dimensions import zone_named
from otel_costing.documents.values import bounds_text
from otel_costing.rollup import sum_of
from otel_costing.runs import PERCENTILES, Run, RunGroup, RunReport

_PARTS = {
    "retry": "tried again what had failed",
    "failed": "failed themselves",
    "lost": "were made in traces whose root failed",
}
_SHORT = Decimal("1e-8")
_OF_GROUPS = (
    "runs",
    "incomplete_runs",
    "usd",
    "mean_usd",
    *(f"p{percent}_usd" for percent in PERCENTILES),
    "dearest_usd",
    "calls",
    "unpriced_calls",
    "retry_calls",
    "retry_usd",
    "failed_calls",
    "failed_usd",
    "lost_runs",
    "lost_calls",
    "lost_usd",
)


@click.command(
    "runs", short_help="Show what runs cost: percentiles, the dearest, retries and failures."
)
@between_options
@workflow_option
@by_option("", "Dimensions of the caller's side: workflow, release, day, feature, environment, ...")
@where_option
@click.option(
    "--top",
    type=click.IntRange(min=0, max=1_000),
    default=5,
    show_default=True,
    help="How many of the dearest runs.",
)
@time_zone_option
@dsn_option
@format_option
def runs_command(
    *,
    since: datetime | None,
    until: datetime | None,
    workflow: list[tuple[str, str]],
    by: tuple[str, ...],
    where: list[tuple[str, str]],
    top: int,
    time_zone: str,
    dsn: str,
    style: str,
) -> None:
    """Show what runs cost: how many, the sum, percentiles, the dearest with their traces, and what was in vain.

    A run counts whole where its first call ended; its calls are looked for from a day before --since until a day after
    --until. One with a call that has no price counts as incomplete: it is in no percentile and no mean.

    Example: otel-costing runs --workflow resolve-ticket --by release --since 2026-10-01
    """
    conditions = [*where, *workflow]
    with open_ledger(dsn) as store, refused_in_a_sentence():
        from otel_costing.clickhouse.run_reports import run_report

        found = run_report(
            store, by, since=since, until=until, where=conditions, top=top, time_zone=time_zone
        )
    if style == "json":
        bounds = bounds_text(since, until)
        asked = {**bounds, "where": dict(conditions), "time_zone": time_zone}
        write_json(runs_document(found, by, asked))
    elif style == "csv":
        write_csv((*by, *_OF_GROUPS), (_row(group, by) for group in found.groups))
    else:
        show_runs(console(), found, by, zone_named(time_zone))


def runs_document(
    found: RunReport, dimensions: Sequence[str], asked: dict[str, Any]
) -> dict[str, Any]:
    """Return the JSON document: what was asked, the groups, the dearest runs; absent is None."""
    return {
        **asked,
        "runs": sum(group.runs for group in found.groups),
        "incomplete_runs": sum(group.incomplete_runs for group in found.groups),
        "total_usd": sum_of(group.usd for group in found.groups),
        "rows": [_row(group, dimensions) for group in found.groups],
        "dearest": [_run_document(run, dimensions) for run in found.dearest],
    }


def _row(group: RunGroup, dimensions: Sequence[str]) -> dict[str, Any]:
    percentiles = zip(PERCENTILES, group.percentiles_usd, strict=True)
    known = {
        **group._asdict(),
        "mean_usd": group.mean_usd,
        **{f"p{percent}_usd": usd for percent, usd in percentiles},
    }
    return {
        **dict(zip(dimensions, group.values, strict=True)),
        **{name: known[name] for name in _OF_GROUPS},
    }


def _run_document(run: Run, dimensions: Sequence[str]) -> dict[str, Any]:
    plain = run._asdict()
    values = dict(zip(dimensions, plain.pop("values"), strict=True))
    began = datetime.fromtimestamp(plain.pop("began_ns") // 10**9, UTC)
    return {
        "run_id": plain.pop("run_id"),
        **values,
        "began_at": began.isoformat(),
        **plain,
        "trace_ids": list(plain.pop("first_traces")),
    }


def show_runs(out: Console, found: RunReport, dimensions: Sequence[str], zone: tzinfo) -> None:
    """Show groups, what was in vain, and the dearest runs, at 80 columns. Sums are exact, the rest has eight decimals."""
    if not found.groups:
        out.print("No runs.")
        return
    out.print(_groups_table(found.groups, dimensions))
    for said in _said(found.groups):
        out.print(said, markup=False)
    if found.dearest:
        out.print()
        out.print(_dearest_table(found.dearest, zone))


def _groups_table(groups: Sequence[RunGroup], dimensions: Sequence[str]) -> Any:
    rows = table()
    for name in dimensions:
        rows.add_column(name.replace("_", " "), overflow="fold")
    ratios = ("mean", *(f"p{percent}" for percent in PERCENTILES))
    shown = ratios if not dimensions else ratios[1:]
    for heading in ("runs", *shown, "USD"):
        rows.add_column(heading, justify="right", no_wrap=True)
    usd = money_column([*(group.usd for group in groups), sum_of(group.usd for group in groups)])
    each = [(group.mean_usd, *group.percentiles_usd)[-len(shown) :] for group in groups]
    columns = [money_column([_short(one) for one in column]) for column in zip(*each, strict=True)]
    for group, amount, *amounts in zip(groups, usd, *columns, strict=False):
        named = map(named_cell, group.values)
        rows.add_row(*named, f"{group.runs:,}", *amounts, amount)
    if dimensions:
        rows.add_section()
        runs = f"{sum(group.runs for group in groups):,}"
        blank = [""] * (len(dimensions) - 1)
        rows.add_row("[bold]total[/]", *blank, runs, *[""] * len(shown), f"[bold]{usd[-1]}[/]")
    return rows


def _short(usd: Decimal | None) -> Decimal | None:
    """Return what a run cost to eight decimals, so that four of them stand side by side."""
    return None if usd is None else usd.quantize(_SHORT, ROUND_HALF_EVEN)


def _said(groups: Sequence[RunGroup]) -> Iterator[str]:
    """Say what the amounts do not: runs that cost more than is known, and what was spent in vain."""
    incomplete = sum(group.incomplete_runs for group in groups)
    if incomplete:
        yield f"{incomplete:,} with a call that has no price, or not all of it: in no percentile, no mean"
    for part, what in _PARTS.items():
        calls = sum(getattr(group, f"{part}_calls") for group in groups)
        usd = sum_of(getattr(group, f"{part}_usd") for group in groups)
        if calls:
            amount = "unknown" if usd is None else money_column([usd])[0]
            yield f"{calls:,} of the calls {what}: {amount} of the USD"


def _dearest_table(runs: Sequence[Run], zone: tzinfo) -> Any:
    rows = table(title="[bold]the dearest runs, and their traces[/]")
    rows.add_column("first call", no_wrap=True)
    rows.add_column("run", overflow="fold")
    for heading in ("calls", "USD"):
        rows.add_column(heading, justify="right", no_wrap=True)
    for run, usd in zip(runs, money_column([run.usd for run in runs]), strict=True):
        began = datetime.fromtimestamp(run.began_ns // 10**9, zone)
        rows.add_row(
            f"{began:%Y-%m-%d %H:%M}",
            _named(run),
            f"{run.calls:,}",
            usd if run.is_complete else f"≥ {usd}",
        )
    return rows


def _named(run: Run) -> Text:
    """Return a run's id, and its traces where it is not just the one of that name."""
    text = Text(on_one_line(run.run_id))
    if run.first_traces != (run.run_id,):
        for trace_id in run.first_traces:
            text.append(f"\n↳ {trace_id}", style="dim")
        if run.traces > len(run.first_traces):
            text.append(f"\n↳ {run.traces - len(run.first_traces):,} more", style="dim")
    return text
