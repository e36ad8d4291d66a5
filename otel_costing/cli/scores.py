"""`otel-costing scores`: what answers cost beside what evaluators found of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.cli.score_tables import show_scores
from otel_costing.documents.values import bounds_text

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.evaluated_cases import Passes, Quality

_COLUMNS = (
    "cases",
    "unpriced_cases",
    "usd",
    "judged_cases",
    "passed_cases",
    "pass_share",
    "usd_per_passed_case",
    "scored_cases",
    "mean_score",
    "usd_per_point",
    "failed_cases",
)


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter("is no finite number", ctx, param)
    return value


@click.command("scores", short_help="Show cost per passed case and per point of quality.")
@by_option(
    "model,release",
    "Dimensions of the judged calls: model, release, provider, team, workflow, feature, ...; empty for all together.",
)
@click.option("--name", default=None, help="Only this metric, for example Relevance.")
@click.option(
    "--passes",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="A label that means passed; may be repeated. Without: pass, passed.",
)
@click.option(
    "--at-least",
    type=float,
    default=None,
    callback=_finite,
    metavar="SCORE",
    help="What has this score or more passed, whatever its label.",
)
@between_options
@zone_of_dates_option
@dsn_option
@format_option
def scores_command(
    *,
    by: tuple[str, ...],
    name: str | None,
    labels: tuple[str, ...],
    at_least: float | None,
    since: datetime | None,
    until: datetime | None,
    dsn: str,
    style: str,
) -> None:
    """Show what answers cost beside what evaluators found of them: cost per passed case, cost per point of quality.

    A case is one call under one metric; the last of its evaluations counts. What evaluating itself cost, by
    purpose=evaluation, stands apart.

    Example: otel-costing scores --by model,release --name Relevance
    """
    passes = _passes(labels, at_least)
    with open_ledger(dsn) as store, refused_in_a_sentence():
        from otel_costing.clickhouse.score_reports import scores

        found = scores(store, by, since=since, until=until, name=name, passes=passes)
        beside = _beside(store, since, until, name)
    if style == "json":
        rows = [_row(by, one) for one in found]
        write_json({"rows": rows, **beside, **bounds_text(since, until), "name": name})
    elif style == "csv":
        write_csv((*by, "name", *_COLUMNS), (_row(by, one) for one in found))
    else:
        show_scores(console(), by, found, beside)


def _passes(labels: Sequence[str], at_least: float | None) -> Passes:
    from otel_costing.evaluated_cases import Passes

    usual = Passes(at_least=at_least)
    return usual._replace(labels=frozenset(map(str.lower, labels))) if labels else usual


def _beside(
    store: Store, since: datetime | None, until: datetime | None, name: str | None
) -> dict[str, Any]:
    from otel_costing.clickhouse.score_reports import evaluation_spend, unlinked_evaluations

    return {
        "unlinked_evaluations": unlinked_evaluations(store, since=since, until=until, name=name),
        "evaluation": evaluation_spend(store, since=since, until=until)._asdict(),
    }


def _row(dimensions: Sequence[str], quality: Quality) -> dict[str, Any]:
    named = dict(zip(dimensions, quality.values, strict=True))
    return {
        **named,
        "name": quality.name,
        **{column: getattr(quality, column) for column in _COLUMNS},
    }
