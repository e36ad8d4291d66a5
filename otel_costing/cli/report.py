"""`otel-costing report`: totals by any dimension, the same from every side, now or as they were known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from otel_costing.cli.history import (
    report_between,
    said_of_change,
    status_of,
    warn_where_it_may_change,
)
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import (
    between_options,
    by_option,
    dsn_option,
    format_option,
    instant,
    instants,
    month,
    refuse_beside,
    time_zone_option,
    where_option,
    zone_of,
)
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.cli.report_comparison import (
    COMPARED,
    compared_document,
    compared_of,
    show_comparison,
)
from otel_costing.cli.report_matrix import matrix_columns, matrix_document, matrix_rows, show_matrix
from otel_costing.cli.report_purposes import said_of_purposes
from otel_costing.cli.report_rows import Question, report_rows, report_totals
from otel_costing.cli.report_tables import show_report
from otel_costing.cli.unmatched import say_why_nothing_matched
from otel_costing.documents.report import columns_of, document_of_question, report_document
from otel_costing.team_matrix import BY

if TYPE_CHECKING:
    from otel_costing.clickhouse.compared_periods import Period
    from otel_costing.clickhouse.store import Store


@click.command("report")
@by_option("team", "Dimensions: team, workflow, feature, model, provider, day, meter, ...")
@click.option(
    "--pays",
    type=click.Choice(["caller", "owner"]),
    default="owner",
    show_default=True,
    help="caller: who stands at the root of the work. owner: whose code ran the call.",
)
@between_options
@click.option(
    "--period",
    callback=month,
    default=None,
    help="Entries booked into this billing month: 2026-10.",
)
@where_option
@click.option(
    "--as-of",
    callback=instant,
    default=None,
    help="As the ledger was known at this date or instant, by when it was booked.",
)
@click.option(
    "--between",
    nargs=2,
    callback=instants,
    default=None,
    metavar="FIRST SECOND",
    help="What was booked between two instants, by cause, model and team.",
)
@click.option(
    "--compare",
    default=None,
    metavar="A..B",
    help="Two periods by when calls ended, and why they differ: 2026-09..2026-10, days, weeks, or A/B..C/D.",
)
@click.option("--matrix", is_flag=True, help="Who pays for whose code: callers by owners.")
@time_zone_option
@dsn_option
@format_option
@click.pass_context
def report_command(
    ctx: click.Context,
    *,
    by: tuple[str, ...],
    pays: str,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
    where: list[tuple[str, str]],
    as_of: datetime | None,
    between: tuple[datetime, datetime] | None,
    compare: str | None,
    matrix: bool,
    time_zone: str,
    dsn: str,
    style: str,
) -> None:
    """Sum what calls cost, by any dimensions.

    `--period` of a closed month never changes; by when calls ended, late calls and corrections change what was.

    Example: otel-costing report --by team,model --since 2026-10-01
    """
    asked = Question(pays, since, until, period, where, as_of, time_zone)
    if between is not None:
        others = ("by", "pays", "period", "where", "as_of", "compare", "matrix")
        refuse_beside(ctx, "between", others, "it is by cause, model and team")
        report_between(between, since, until, dsn, style)
    elif compare is not None:
        of_time = ("since", "until", "period", "as_of", "matrix")
        refuse_beside(ctx, "compare", of_time, "it names its two periods")
        _compare(compared_of(compare, zone_of(ctx)), by, asked, dsn, style)
    elif matrix:
        refuse_beside(ctx, "matrix", ("by", "pays"), "it is by the teams of both sides")
        _matrix(asked, dsn, style)
    else:
        _report(by, asked, dsn, style)


def _report(dimensions: Sequence[str], asked: Question, dsn: str, style: str) -> None:
    with _opened(asked, dsn) as store:
        rows = report_rows(store, dimensions, **asked._asdict())
        status = status_of(store, asked.period, asked.known_until)
        purposes = said_of_purposes(store, dimensions, asked) if style == "table" else []
        if style == "table" and not rows:
            say_why_nothing_matched(store, asked)
    if style == "json":
        write_json(report_document(rows, status, **asked.said()))
    elif style == "csv":
        write_csv(columns_of(dimensions, rows), rows)
    else:
        show_report(console(), dimensions, rows, f"{asked.pays} pays")
        for said in purposes:
            console().print(said, markup=False)
        _say_of_change(asked, status)


def _matrix(asked: Question, dsn: str, style: str) -> None:
    from otel_costing.clickhouse.reports import binds_teams

    by_owner = asked._replace(pays="owner")
    with _opened(asked, dsn) as store:
        totals = report_totals(store, BY, by_owner)
        claims = binds_teams(store)
        if style == "table" and not totals:
            say_why_nothing_matched(store, by_owner)
        status = status_of(store, asked.period, asked.known_until)
    if style == "json":
        said = document_of_question(status, **{**asked.said(), "pays": None})
        write_json(matrix_document(totals, said, claims=claims))
    elif style == "csv":
        write_csv(matrix_columns(claims=claims), matrix_rows(totals, claims=claims))
    else:
        show_matrix(console(), totals, claims=claims)
        _say_of_change(asked, status)


def _compare(
    periods: tuple[Period, Period], dimensions: Sequence[str], asked: Question, dsn: str, style: str
) -> None:
    with open_ledger(dsn) as store:
        document = compared_document(
            store,
            *periods,
            dimensions,
            pays=asked.pays,
            where=asked.where,
            time_zone=asked.time_zone,
        )
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv((*dimensions, *COMPARED), document["rows"])
    else:
        show_comparison(console(), dimensions, document)


@contextmanager
def _opened(asked: Question, dsn: str) -> Iterator[Store]:
    with open_ledger(dsn) as store:
        if asked.known_until is not None:
            warn_where_it_may_change(store, asked.known_until, dsn)
        yield store


def _say_of_change(asked: Question, status: dict[str, Any]) -> None:
    by_time = asked.since is not None or asked.until is not None
    for said in said_of_change(status, asked.period, asked.known_until, by_time=by_time):
        console().print(said, markup=False)
