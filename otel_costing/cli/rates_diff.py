"""`otel-costing rates diff`: our rates beside another catalogue's, both values where they disagree."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from otel_costing.cli.options import BadInput, format_option, instant
from otel_costing.cli.output import console, table, write_csv, write_json
from otel_costing.instants import ns_of
from otel_costing.meters import METERS
from otel_costing.rate_keeping.disagreements import Compared, Disagreement
from otel_costing.rates import default_rates

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


@click.command("diff")
@click.option(
    "--with",
    "other",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="LiteLLM's model_prices_and_context_window.json, or genai-prices' data.json.",
)
@click.option("--at", callback=instant, default=None, help="As of this instant; now where absent.")
@click.option("--provider", default=None, help="Only this provider's; any name it is known by.")
@format_option
def diff_command(other: Path, at: datetime | None, provider: str | None, style: str) -> None:
    """List where another catalogue says another price than the rate tables.

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
            }
        )
    elif style == "csv":
        write_csv(_COLUMNS, rows)
    else:
        _show(compared, rows)
    if rows:
        raise SystemExit(1)


def _compare(other: Path, at: datetime, provider: str | None) -> Compared:
    from otel_costing.rate_keeping.disagreements import compare
    from otel_costing.rate_keeping.quotes import read_quotes

    book = default_rates()
    wanted = None if provider is None else book.provider(provider)
    if wanted == "":
        known = ", ".join(book.providers())
        raise BadInput(f"--provider: no provider {provider!r} in the rate book; it has {known}.")
    try:
        quotes = read_quotes(other.read_text(encoding="utf-8"), ns_of(at))
    except (UnicodeDecodeError, ValueError) as error:
        raise BadInput(f"{other}: {error}.") from None
    chosen = [each for each in quotes if wanted in (None, book.provider(each.provider))]
    return compare(book, chosen, ns_of(at))


def _row(each: Disagreement) -> dict[str, Any]:
    quote = each.quote
    return {
        "provider": default_rates().provider(quote.provider),
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


def _show(compared: Compared, rows: list[dict[str, Any]]) -> None:
    out = console()
    shown = table()
    for name in ("model", "conditions", "meter"):
        shown.add_column(name, overflow="fold")
    for name in ("ours", "theirs", "per"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        shown.add_row(
            escape(f"{row['provider']}/{row['model']}"),
            escape(_conditions(row)),
            row["meter"],
            row["ours_usd"] or "none",
            row["theirs_usd"],
            f"{row['per']:,}",
        )
    if rows:
        out.print(shown)
    out.print(
        f"{len(rows)} disagreements, {compared.agreed} prices agree, "
        f"{compared.unknown_models} of their models are not in the tables.",
        soft_wrap=True,
    )


def _conditions(row: dict[str, Any]) -> str:
    said = [] if row["tier"] == "standard" else [row["tier"]]
    said += [row["region"]] if row["region"] else []
    said += [f"from {row['context_from']:,} tokens"] if row["context_from"] else []
    return ", ".join(said)
