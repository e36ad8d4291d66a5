"""`otel-costing price`: price by hand, with line items and the rate's provenance."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import click
from rich.markup import escape

from otel_costing.cli.options import BadInput, format_option, instant
from otel_costing.cli.output import console, money_column, table, write_csv, write_json
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
@format_option
def price_command(
    target: str, usage: str, at: datetime | None, tier: str | None, region: str | None, style: str
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
    cost = price(provider, model, quantities, at=moment, tier=tier, region=region)
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
        console(stderr=True).print(
            f"[bold]unpriced[/]: {escape(cost.reason)}. {escape(cost.detail)}"
        )


def price_document(
    cost: Cost | Unpriced, usage: Usage, provider: str, model: str
) -> dict[str, Any]:
    """Return the JSON document of DESIGN: status, lines, total and provenance; absent is None."""
    if isinstance(cost, Unpriced):
        return {
            "status": "unpriced",
            "status_reason": cost.reason,
            "detail": cost.detail,
            "provider": provider,
            "model": model,
            "total_usd": None,
            "lines": [
                line_document(LineItem(meter, quantity, None, None))
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
    """Return one line item as JSON."""
    return {
        "meter": line.meter,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price_usd": None if line.unit_price_usd is None else f"{line.unit_price_usd:f}",
        "per": line.per,
        "amount_usd": line.amount_usd,
    }


def _show_cost(cost: Cost) -> None:
    rows = table()
    rows.add_column("meter")
    rows.add_column("quantity", justify="right")
    rows.add_column("USD per", justify="right")
    rows.add_column("units", justify="right")
    rows.add_column("USD", justify="right")
    amounts = money_column([*(line.amount_usd for line in cost.lines), cost.total_usd])
    for line, amount in zip(cost.lines, amounts, strict=False):
        rows.add_row(
            line.meter, f"{line.quantity:,}", _or_dash(line.unit_price_usd), _count(line), amount
        )
    rows.add_section()
    rows.add_row("[bold]total[/]", "", "", "", f"[bold]{amounts[-1]}[/]")
    out = console()
    out.print(f"[bold]{escape(cost.provider)}/{escape(cost.model)}[/]")
    out.print(rows)
    if cost.status == "partial":
        out.print(
            f"[bold]partial[/]: {escape(cost.status_reason)}. The total is of the priced meters."
        )
    if cost.assumptions:
        out.print(f"assumed: {', '.join(cost.assumptions)}")
    out.print(f"rate {escape(cost.rate_id)}\nof book {cost.rates_digest[:16]}", soft_wrap=True)


def _or_dash(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:f}"


def _count(line: LineItem) -> str:
    return "-" if line.per is None else f"{line.per:,} {line.unit}s"
