"""`otel-costing rates`: list the rate tables; the rest of the group stands beside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.markup import escape

from otel_costing.cli.options import BadInput, book_under, format_option, overrides_option
from otel_costing.cli.output import console, short_digest, table, write_csv, write_json
from otel_costing.cli.rate_texts import RATE_COLUMNS, conditions, rate_document
from otel_costing.cli.rates_check import check_command
from otel_costing.cli.rates_diff import diff_command
from otel_costing.cli.rates_refresh import refresh_command
from otel_costing.cli.rates_show import show_command
from otel_costing.instants import ns_of
from otel_costing.rates import Rate, RateBook, tables_directory


@click.group("rates")
def rates_group() -> None:
    """List, show, check, compare and refresh the rate tables."""


@rates_group.command("list")
@click.option("--provider", default=None, help="Only this provider's; any name it is known by.")
@click.option(
    "--current/--all",
    default=True,
    show_default=True,
    help="Only rates in force now, or every dated one.",
)
@overrides_option
@format_option
def list_command(
    provider: str | None,
    current: bool,  # noqa: FBT001 - click passes flags by name
    overrides: tuple[Path, ...],
    style: str,
) -> None:
    """List the rates, one line each: USD per million tokens."""
    book = book_under(overrides)
    rates = list(_chosen(book, provider, current=current))
    documents = [rate_document(rate) for rate in rates]
    if style == "json":
        write_json({"rates": documents, "digest": book.digest})
    elif style == "csv":
        write_csv(RATE_COLUMNS, [{**document, **document["prices"]} for document in documents])
    else:
        _show_list(book, rates)


def _chosen(book: RateBook, provider: str | None, *, current: bool) -> Iterable[Rate]:
    canonical = None
    if provider is not None:
        canonical = book.provider(provider)
        if canonical not in book.providers():
            raise BadInput(
                f"--provider: no provider {provider!r} in the rate book; it has {', '.join(book.providers())}."
            )
    now_ns = ns_of(datetime.now(UTC))
    for rate in book.rates():
        if canonical in (None, rate.provider) and (not current or _holds(rate, now_ns)):
            yield rate


def _holds(rate: Rate, at_ns: int) -> bool:
    started = rate.starts_ns is None or rate.starts_ns <= at_ns
    return started and (rate.ends_ns is None or at_ns < rate.ends_ns)


def _show_list(book: RateBook, rates: list[Rate]) -> None:
    rows = table()
    for name in ("provider", "model", "conditions"):
        rows.add_column(name, overflow="fold")
    for name in ("input", "cached", "output"):
        rows.add_column(name, justify="right", no_wrap=True)
    for rate in rates:
        rows.add_row(
            escape(rate.provider), escape(rate.model), conditions(rate), *_main_prices(rate)
        )
    out = console()
    out.print(rows)
    out.print(
        f"{len(rates)} rates, USD per million tokens. Book {short_digest(book.digest)}, tables in {tables_directory()}",
        soft_wrap=True,
    )


def _main_prices(rate: Rate) -> list[str]:
    return [
        f"{rate.prices[meter].usd:f}" if meter in rate.prices else "-"
        for meter in ("input", "cache_read", "output")
    ]


for command in (show_command, check_command, diff_command, refresh_command):
    rates_group.add_command(command)
