"""`otel-costing rates`: list the rate tables; the rest of the group stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Context, Decimal
from itertools import groupby
from pathlib import Path

import click
from rich.markup import escape

from otel_costing.cli.options import (
    book_under,
    format_option,
    overrides_option,
    provider_in,
)
from otel_costing.cli.output import console, short_digest, table, write_csv, write_json
from otel_costing.cli.rate_texts import (
    RATE_COLUMNS,
    conditions,
    instant,
    rate_document,
    reading_order,
)
from otel_costing.cli.rates_check import check_command
from otel_costing.cli.rates_diff import diff_command
from otel_costing.cli.rates_refresh import refresh_command
from otel_costing.cli.rates_show import show_command
from otel_costing.instants import ns_of
from otel_costing.rates import Rate, RateBook, tables_directory

_SHOWN = Context(prec=8)
"""Significant digits of a price that the list has room for."""


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
    canonical = provider_in(book, provider)
    now_ns = ns_of(datetime.now(UTC))
    for rate in book.rates():
        if canonical in (None, rate.provider) and (not current or _holds(rate, now_ns)):
            yield rate


def _holds(rate: Rate, at_ns: int) -> bool:
    started = rate.starts_ns is None or rate.starts_ns <= at_ns
    return started and (rate.ends_ns is None or at_ns < rate.ends_ns)


def _show_list(book: RateBook, rates: list[Rate]) -> None:
    rows = table()
    rows.add_column("model", overflow="fold")
    for name in ("input", "cached", "output"):
        rows.add_column(name, justify="right", no_wrap=True)
    for label, rate in _labelled(rates):
        rows.add_row(escape(label), *_main_prices(rate))
    out = console()
    out.print(rows)
    out.print(
        f"{len(rates)} rates, USD per million tokens. Book {short_digest(book.digest)}, tables in {tables_directory()}",
        soft_wrap=True,
    )


def _labelled(rates: list[Rate]) -> Iterator[tuple[str, Rate]]:
    """Yield each rate, the first of a model under its name and the others below by what they hold for."""
    for (provider, model), same in groupby(rates, key=lambda rate: (rate.provider, rate.model)):
        name = f"{provider}/{model}"
        for rate in sorted(same, key=reading_order):
            held = conditions(rate)
            if name:
                yield f"{name}, {held}" if held else name, rate
            else:
                yield f"  {held or f'from {instant(rate.starts_ns)}'}", rate
            name = ""


def _main_prices(rate: Rate) -> list[str]:
    return [
        _in_short(rate.prices[meter].usd) if meter in rate.prices else "-"
        for meter in ("input", "cache_read", "output")
    ]


def _in_short(usd: Decimal) -> str:
    """Cut what a provider publishes with the noise of binary fractions; `rates show` has every digit."""
    rounded = usd.normalize(_SHOWN)
    return f"{usd:f}" if rounded == usd else f"~{rounded:f}"


for command in (show_command, check_command, diff_command, refresh_command):
    rates_group.add_command(command)
