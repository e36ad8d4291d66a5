"""`otel-costing scores`: what answers cost beside what evaluators found of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    BadInput,
    between_options,
    dsn_option,
    format_option,
    names_in,
    time_zone_option,
)
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.cli.score_tables import show_scores

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
@click.option(
    "--by",
    default="model,release",
    show_default=True,
    metavar="DIM[,DIM...]",
    help="Dimensions of the judged calls: model, release, provider, team, workflow, feature, ...; empty for all together.",
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
@time_zone_option
@dsn_option
@format_option
def scores_command(
    *,
    by: str,
    name: str | None,
    labels: tuple[str, ...],
    at_least: float | None,
    since: datetime | None,
    until: datetime | None,
    time_zone: str,
    dsn: str,
    style: str,
) -> None:
    """Show what answers cost beside what evaluators found of them: cost per passed case, cost per point of quality.

    A case is one call under one metric; the last of its evaluations counts. What evaluating itself cost, by
    purpose=evaluation, stands apart.

    Example: otel-costing scores --by model,release --name Relevance
    """
    del time_zone  # says what the dates mean
    dimensions, passes = names_in(by), _passes(labels, at_least)
    with open_ledger(dsn, create=False) as store:
        from otel_costing.clickhouse.score_reports import scores

        try:
            found = scores(store, dimensions, since=since, until=until, name=name, passes=passes)
        except ValueError as refused:
            raise BadInput(f"{refused}.") from None
        beside = _beside(store, since, until, name)
    if style == "json":
        rows = [_row(dimensions, one) for one in found]
        asked = {
            "since": None if since is None else since.isoformat(),
            "until": None if until is None else until.isoformat(),
            "name": name,
        }
        write_json({"rows": rows, **beside, **asked})
    elif style == "csv":
        write_csv((*dimensions, "name", *_COLUMNS), (_row(dimensions, one) for one in found))
    else:
        show_scores(console(), dimensions, found, beside)


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
