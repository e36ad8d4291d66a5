"""`otel-costing rates diff`: our rates beside another catalogue's, both values where they disagree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from otel_costing.cli.options import BadInput, format_option, instant, provider_in
from otel_costing.cli.output import console, table, write_csv, write_json
from otel_costing.instants import ns_of
from otel_costing.meters import METERS
from otel_costing.rate_keeping.disagreements import Compared, Disagreement, Tally, times
from otel_costing.rates import packaged_rates

_COLUMNS = (
    "provider",
    "model",
    "their_model",
    "tier",
    "region",
    "context_from",
    "meter",
    "per",
    "ours_usd",
    "theirs_usd",
)


_VALUES = ("ours_usd", "theirs_usd")
_SIX_DIGITS = Context(prec=6)


@click.command("diff", short_help="List where another catalogue says another price.")
@click.option(
    "--with",
    "other",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="LiteLLM's model_prices_and_context_window.json, or genai-prices' data.json.",
)
@click.option("--at", callback=instant, default=None, help="As of this instant; now where absent.")
@click.option("--provider", default=None, help="Only this provider's; any name it is known by.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="At most so many rows of a table; json and csv have all.",
)
@format_option
def diff_command(
    other: Path, at: datetime | None, provider: str | None, limit: int, style: str
) -> None:
    """List where another catalogue says another price than the rate tables, the largest first.

    Leaves with status 1 where there is a disagreement. Nothing is averaged: a person judges.
    """
    compared = _compare(other, at or datetime.now(UTC), provider)
    rows = [_row(each) for each in compared.disagreements]
    if style == "json":
        write_json(
            {
                "disagreements": rows,
                "agreed": compared.agreed,
                "unknown_models": compared.unknown_models,
                "providers": [tally._asdict() for tally in compared.tallies],
            }
        )
    elif style == "csv":
        write_csv(_COLUMNS, rows)
    else:
        _show_tallies(compared.tallies)
        _show(compared, rows, limit)
    if rows:
        raise SystemExit(1)


def _compare(other: Path, at: datetime, provider: str | None) -> Compared:
    from otel_costing.rate_keeping.disagreements import compare
    from otel_costing.rate_keeping.quotes import read_quotes

    book = packaged_rates()
    wanted = provider_in(book, provider)
    try:
        quotes = read_quotes(other.read_text(encoding="utf-8"), ns_of(at))
    except (UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{other}: {error}.") from None
    chosen = [each for each in quotes if wanted in (None, book.provider(each.provider))]
    return compare(book, chosen, ns_of(at))


def _row(each: Disagreement) -> dict[str, Any]:
    quote = each.quote
    return {
        "provider": packaged_rates().provider(quote.provider),
        "model": each.model,
        "their_model": quote.model,
        "tier": quote.tier,
        "region": quote.region or None,
        "context_from": quote.floor,
        "meter": quote.meter,
        "per": METERS[quote.meter].per,
        "ours_usd": None if each.ours is None else f"{each.ours.normalize():f}",
        "theirs_usd": f"{quote.usd.normalize():f}",
    }


def _show_tallies(tallies: Iterable[Tally]) -> None:
    ours = set(packaged_rates().providers())
    shown = table()
    shown.add_column("models of", no_wrap=True)
    for name in ("agree", "differ", "only there", "only here"):
        shown.add_column(name, justify="right")
    other = [tally for tally in tallies if tally.provider not in ours]
    for tally in tallies:
        if tally.provider in ours:
            shown.add_row(escape(tally.provider), *(f"{count:,}" for count in tally[1:]))
    if other:
        models = sum(tally.only_there for tally in other)
        shown.add_row(f"{len(other)} without a table", "", "", f"{models:,}", "")
    console().print(shown)


def _show(compared: Compared, rows: list[dict[str, Any]], limit: int) -> None:
    out = console()
    shown = table()
    shown.add_column("model", overflow="fold")
    for name in ("conditions", "meter"):
        shown.add_column(name, overflow="fold")
    for name in ("ours", "theirs", "times"):
        shown.add_column(name, justify="right", no_wrap=True, min_width=6)
    # Several names of theirs may mean one model of ours.
    told = list(dict.fromkeys(map(_cells, rows)))
    for cells in told[:limit]:
        shown.add_row(*cells)
    if told:
        out.print(shown)
    if len(told) > limit:
        out.print(f"{len(told) - limit:,} more: --limit {len(told)}, or --format csv.")
    out.print(
        f"{len(rows)} disagreements, {compared.agreed} prices agree, "
        f"{compared.unknown_models} of their models are not in the tables.",
        soft_wrap=True,
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    ours, theirs = (None if row[each] is None else Decimal(row[each]) for each in _VALUES)
    return (
        escape(f"{row['provider']}/{row['model']}"),
        escape(_conditions(row)),
        row["meter"],
        *("none" if usd is None else _brief(usd) for usd in (ours, theirs)),
        "" if ours is None or theirs is None else _times(ours, theirs),
    )


def _brief(usd: Decimal) -> str:
    """Six digits are enough for the eye; json and csv have every one."""
    return f"{_SIX_DIGITS.create_decimal(usd).normalize():f}"


def _times(ours: Decimal, theirs: Decimal) -> str:
    ratio = times(ours, theirs)
    return f"{ratio:.3g}" if ratio.is_finite() and ratio < 1000 else "> 1000"


def _conditions(row: dict[str, Any]) -> str:
    said = [] if row["tier"] == "standard" else [row["tier"]]
    said += [row["region"]] if row["region"] else []
    said += [f"from {row['context_from']:,}"] if row["context_from"] else []
    return ", ".join(said)
