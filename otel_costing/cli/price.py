"""`otel-costing price`: price by hand, with line items and the rate's provenance."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from otel_costing.cli.options import BadInput, book_under, format_option, instant, overrides_option
from otel_costing.cli.output import (
    console,
    money_column,
    short_digest,
    table,
    verbatim,
    write_csv,
    write_json,
)
from otel_costing.cli.remedies import look_at_rates
from otel_costing.pricing import Cost, LineItem, price
from otel_costing.rates import METERS
from otel_costing.usage import Unpriced, Usage

_LONGEST_NUMBER = 30
_LINE_COLUMNS = ("meter", "quantity", "unit", "unit_price_usd", "per", "amount_usd")


@click.command("price")
@click.argument("target", metavar="PROVIDER/MODEL")
@click.option(
    "--usage",
    required=True,
    help="Quantities by meter: input=700,cache_read=300,output=150,reasoning=50.",
)
@click.option(
    "--at",
    callback=instant,
    default=None,
    help="The instant that prices the call (UTC unless it says otherwise). Now, if left out.",
)
@click.option(
    "--tier", default=None, help="Service tier: standard, batch, flex, priority, provisioned."
)
@click.option(
    "--region", default=None, help="Region or endpoint scope, where the provider prices by it."
)
@overrides_option
@format_option
def price_command(
    target: str,
    usage: str,
    at: datetime | None,
    tier: str | None,
    region: str | None,
    overrides: tuple[Path, ...],
    style: str,
) -> None:
    """Price one call by hand.

    Example: otel-costing price openai/gpt-5-mini --usage input=700,cache_read=300,output=150,reasoning=50

    Leaves with status 1 where the call cannot be priced; the reason is in the answer.
    """
    provider, slash, model = target.partition("/")
    if not slash or not provider or not model:
        raise BadInput(f"{target!r} is no PROVIDER/MODEL; write for example openai/gpt-5-mini.")
    quantities = _quantities(usage)
    moment = at or datetime.now(UTC)
    book = book_under(overrides)
    cost = price(provider, model, quantities, at=moment, tier=tier, region=region, rates=book)
    _write(cost, quantities, provider, model, style)
    if isinstance(cost, Unpriced):
        raise SystemExit(1)


def _quantities(text: str) -> Usage:
    quantities: dict[str, int] = {}
    for part in text.split(","):
        meter, equals, number = part.strip().partition("=")
        if not equals or not number.strip().isdecimal() or len(number) > _LONGEST_NUMBER:
            raise BadInput(
                f"--usage: {part.strip()!r} is no METER=WHOLE NUMBER; write for example input=700,output=150."
            )
        if meter not in METERS:
            raise BadInput(f"--usage: there is no meter {meter!r}. Meters: {', '.join(METERS)}.")
        if meter in quantities:
            raise BadInput(f"--usage: {meter} stands twice; add the two quantities up.")
        quantities[meter] = int(number)
    return Usage(quantities)


def _write(cost: Cost | Unpriced, usage: Usage, provider: str, model: str, style: str) -> None:
    if style == "json":
        write_json(price_document(cost, usage, provider, model))
    elif style == "csv":
        write_csv(_LINE_COLUMNS, price_document(cost, usage, provider, model)["lines"])
    elif isinstance(cost, Cost):
        _show_cost(cost)
    else:
        _show_unpriced(cost, provider, model)


def _show_unpriced(cost: Unpriced, provider: str, model: str) -> None:
    out = console(stderr=True)
    out.print(f"[bold]unpriced[/]: {verbatim(cost.reason)}. {verbatim(cost.detail)}")
    if command := look_at_rates(cost.reason, provider, model):
        out.print(f"See what is known: {verbatim(command)}", soft_wrap=True)
        out.print("Say what it is or costs in a file of yours, for --overrides: docs/overrides.md")


def price_document(
    cost: Cost | Unpriced, usage: Usage, provider: str, model: str
) -> dict[str, Any]:
    """Return the JSON document: status, lines, total and provenance; absent is None."""
    if isinstance(cost, Unpriced):
        return {
            "status": "unpriced",
            "status_reason": cost.reason,
            "detail": cost.detail,
            "provider": provider,
            "model": model,
            "total_usd": None,
            "lines": [
                line_document(LineItem(meter, quantity, None, None, None))
                for meter, quantity in usage.items()
                if meter in METERS
            ],
            "rate_id": None,
            "rates_digest": None,
            "assumptions": [],
        }
    return {
        "status": cost.status,
        "status_reason": cost.status_reason or None,
        "provider": cost.provider,
        "model": cost.model,
        "total_usd": cost.total_usd,
        "lines": [line_document(line) for line in cost.lines],
        "rate_id": cost.rate_id,
        "rates_digest": cost.rates_digest,
        "assumptions": list(cost.assumptions),
    }


def line_document(line: LineItem) -> dict[str, Any]:
    """Return one line item as JSON; under a contract, with what the list says."""
    document = {
        "meter": line.meter,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price_usd": _price_text(line.unit_price_usd),
        "per": line.per,
        "amount_usd": line.amount_usd,
    }
    if line.list_price is line.price:
        return document
    return {
        **document,
        "list_unit_price_usd": _price_text(line.list_unit_price_usd),
        "list_amount_usd": line.list_amount_usd,
    }


def _price_text(usd: Decimal | None) -> str | None:
    return None if usd is None else f"{usd:f}"


def _show_cost(cost: Cost) -> None:
    out = console()
    out.print(f"[bold]{verbatim(cost.provider)}/{verbatim(cost.model)}[/]")
    out.print(_lines_table(cost))
    if cost.status == "partial":
        out.print(
            f"[bold]partial[/]: {verbatim(cost.status_reason)}. The total is of the priced meters."
        )
    if cost.assumptions:
        _show_assumptions(out, cost)
    out.print(
        f"rate {verbatim(cost.rate_id)}\nof book {short_digest(cost.rates_digest)}", soft_wrap=True
    )


def _show_assumptions(out: Console, cost: Cost) -> None:
    from otel_costing.reading_rules import ASSUMPTIONS, OTHER_ASSUMPTION

    for assumption in cost.assumptions:
        said = ASSUMPTIONS.get(assumption, OTHER_ASSUMPTION)
        out.print(f"{verbatim(assumption)}: {said}")


def _lines_table(cost: Cost) -> Table:
    """Return the line items; under a contract, what the list asks stands before what is paid."""
    has_list = any(line.list_price is not line.price for line in cost.lines)
    rows = table()
    rows.add_column("meter")
    for name in ("quantity", *(["list"] if has_list else []), "USD per", "units"):
        rows.add_column(name, justify="right")
    for name in (*(["by list"] if has_list else []), "USD"):
        rows.add_column(name, justify="right")
    paid = money_column([*(line.amount_usd for line in cost.lines), cost.total_usd])
    listed = money_column([*(line.list_amount_usd for line in cost.lines), _list_total(cost)])
    for line, amount, by_list in zip(cost.lines, paid, listed, strict=False):
        prices = [_or_dash(line.list_unit_price_usd), _or_dash(line.unit_price_usd)]
        amounts = [by_list, f"{amount}"]
        shown = slice(0 if has_list else 1, None)
        rows.add_row(
            line.meter, f"{line.quantity:,}", *prices[shown], _count(line), *amounts[shown]
        )
    rows.add_section()
    blank = [""] * (4 if has_list else 3)
    totals = [listed[-1], paid[-1]] if has_list else [paid[-1]]
    rows.add_row("[bold]total[/]", *blank, *(f"[bold]{total}[/]" for total in totals))
    return rows


def _list_total(cost: Cost) -> Decimal:
    return sum((line.list_amount_usd or Decimal(0) for line in cost.lines), Decimal(0))


def _or_dash(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:f}"


def _count(line: LineItem) -> str:
    return "-" if line.per is None else f"{line.per:,} {line.unit}s"
