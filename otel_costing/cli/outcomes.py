"""`otel-costing outcomes`: what came of the work, what one of it cost, and what is left of its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from otel_costing.cli.ledger import open_ledger, refused_in_a_sentence
from otel_costing.cli.options import (
    between_options,
    by_option,
    dsn_option,
    format_option,
    zone_of_dates_option,
)
from otel_costing.cli.outcome_tables import show_margins
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.documents.values import bounds_text

if TYPE_CHECKING:
    from otel_costing.unit_economics import Achieved, Margin

Row = dict[str, Any]
_OF_GROUPS = (
    "runs",
    "priced_runs",
    "usd",
    "priced_usd",
    "value_usd",
    "priced_value_usd",
    "margin_usd",
    "runs_without_outcome",
    "usd_without_outcome",
)
_OF_OUTCOMES = (
    "runs",
    "priced_runs",
    "quantity",
    "priced_quantity",
    "failed_quantity",
    "unread",
    "success_rate",
    "usd",
    "priced_usd",
    "usd_per_outcome",
    "value_usd",
)


@click.command("outcomes", short_help="Show what outcomes cost and are worth.")
@by_option(
    "feature",
    "Whom runs are put down to: feature, customer_id, team, workflow, release, ...; empty for all together.",
)
@click.option("--name", default=None, help="Only outcomes of this name.")
@between_options
@zone_of_dates_option
@dsn_option
@format_option
def outcomes_command(
    by: tuple[str, ...],
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    dsn: str,
    style: str,
) -> None:
    """Show what runs cost and what came of them, on the caller's side: cost per outcome, success rate, value, margin.

    A run counts whole where its first call ended. Runs with a call that has no price are in no margin and no cost per
    outcome; they are counted.

    Example: otel-costing outcomes --by feature,customer_id --since 2026-10-01
    """
    with open_ledger(dsn) as store, refused_in_a_sentence():
        from otel_costing.clickhouse.outcome_reports import margins

        found = margins(store, by, since=since, until=until, name=name)
    if style == "json":
        write_json(outcomes_document(by, found, since=since, until=until, name=name))
    elif style == "csv":
        columns = dict.fromkeys((*_OF_GROUPS, *_OF_OUTCOMES))
        write_csv((*by, "outcome", *columns), _flat(by, found))
    else:
        show_margins(console(), by, found)


def outcomes_document(
    dimensions: Sequence[str],
    found: Sequence[Margin],
    *,
    since: datetime | None,
    until: datetime | None,
    name: str | None,
) -> Row:
    """Return the JSON document: groups of runs, each with its outcomes by name; what is unknown is null."""
    return {
        "rows": [
            {
                **_group(dimensions, margin),
                "outcomes": [_outcome(one) for one in margin.outcomes],
            }
            for margin in found
        ],
        **bounds_text(since, until),
        "name": name,
    }


def _group(dimensions: Sequence[str], margin: Margin) -> Row:
    named = dict(zip(dimensions, margin.values, strict=True))
    return {**named, **{column: getattr(margin, column) for column in _OF_GROUPS}}


def _outcome(achieved: Achieved) -> Row:
    return {
        "name": achieved.name,
        **{column: getattr(achieved, column) for column in _OF_OUTCOMES},
    }


def _flat(dimensions: Sequence[str], found: Sequence[Margin]) -> Iterator[Row]:
    """Yield a row for each group, and one for each of its outcomes: those have an `outcome`."""
    for margin in found:
        group = _group(dimensions, margin)
        yield group
        named = {dimension: group[dimension] for dimension in dimensions}
        for one in margin.outcomes:
            yield {**named, "outcome": one.name or "(unnamed)", **_outcome(one)}
