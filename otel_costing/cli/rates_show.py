"""`otel-costing rates show`: what a name means, by which steps, and every rate behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from otel_costing.cli.options import BadInput, book_under, format_option, overrides_option
from otel_costing.cli.output import console, short_digest, table, write_csv, write_json
from otel_costing.cli.rate_texts import (
    RATE_COLUMNS,
    conditions,
    instant,
    interval,
    rate_document,
    reading_order,
)
from otel_costing.money import UnitPrice
from otel_costing.rate_book.contract_terms import Contract, Exchange
from otel_costing.rate_book.timeline import Step
from otel_costing.rates import METERS, Rate, RateBook, Resolution


@click.command("show")
@click.argument("name")
@overrides_option
@format_option
def show_command(name: str, overrides: tuple[Path, ...], style: str) -> None:
    """Show what a model's name means and every rate it ever had.

    NAME is PROVIDER/MODEL, or a model's name alone. An unknown name is answered with every step that was tried
    and the closest known names; it leaves with status 1.
    """
    book = book_under(overrides)
    found = [
        (provider, model)
        for provider, model in _meanings(book, name)
        if book.resolve(provider, model)
    ]
    if not found:
        _explain_unknown(book, name)
        raise SystemExit(1)
    documents = [_show_document(book, provider, model) for provider, model in found]
    if style == "json":
        write_json(documents[0] if len(documents) == 1 else documents)
    elif style == "csv":
        rates = [rate for document in documents for rate in document["rates"]]
        write_csv(RATE_COLUMNS, [{**rate, **rate["prices"]} for rate in rates])
    else:
        for provider, model in found:
            _show_model(book, provider, model)


def _meanings(book: RateBook, name: str) -> list[tuple[str, str]]:
    """A name with a slash is PROVIDER/MODEL where that is known, else a model's own name: `openai/gpt-5-mini`."""
    provider, slash, model = name.partition("/")
    everywhere = [(each, name) for each in book.providers()]
    if not slash or book.provider(provider) not in book.providers():
        return everywhere
    return (
        [(provider, model)] if book.resolve(provider, model) else [(provider, model), *everywhere]
    )


def _show_document(book: RateBook, provider: str, model: str) -> dict[str, Any]:
    resolution = book.resolve(provider, model)
    if resolution is None:
        raise BadInput(f"{provider}/{model} is not in the rate book.")
    team = _team_name(book, resolution, provider)
    return {
        "provider": resolution.provider,
        "model": resolution.model,
        "region": resolution.region or None,
        "steps": list(resolution.steps),
        "named_in": None if team is None else team[1],
        "aliases": book.aliases(resolution.provider, resolution.model),
        "rates": [
            rate_document(rate) for rate in book.rates_of(resolution.provider, resolution.model)
        ],
        "digest": book.digest,
    }


def _team_name(book: RateBook, found: Resolution, provider: str) -> tuple[str, str] | None:
    """Return the step that a team's own file named, and where it did."""
    provider = book.provider(provider)
    for step in found.steps:
        named = book.team_name(provider, step)
        if named is not None and named[:2] != (provider, step):
            return step, named.place
    return None


def _show_model(book: RateBook, provider: str, model: str) -> None:
    resolution = book.resolve(provider, model)
    if resolution is None:
        return
    out = console()
    out.print(f"[bold]{escape(resolution.provider)}/{escape(resolution.model)}[/]")
    if len(resolution.steps) > 1:
        out.print(f"  found by way of {' > '.join(map(escape, resolution.steps))}", soft_wrap=True)
    team = _team_name(book, resolution, provider)
    if team is not None:
        out.print(f"  {escape(team[0])} is your own name, {escape(team[1])}", soft_wrap=True)
    rates = book.rates_of(resolution.provider, resolution.model)
    if resolution.region:
        out.print(f"  the name says scope {escape(_scope(resolution.region, rates))}")
    out.print(f"  book {short_digest(book.digest)}")
    for rate in sorted(rates, key=reading_order):
        _show_rate(rate)


def _scope(region: str, rates: Iterable[Rate]) -> str:
    if any(rate.region == region for rate in rates):
        return f"{region}: the rates marked {region} hold"
    return f"{region}, which no rate names: those without a region hold"


def _show_rate(rate: Rate) -> None:
    out = console()
    held = conditions(rate, ends=False)
    out.print(
        f"\n  {interval(rate.starts_ns, rate.ends_ns)}{f'  [{held}]' if held else ''}",
        markup=False,
    )
    out.print(_prices_table(rate))
    for contract in rate.contracts:
        out.print(_contract_text(contract), markup=False, soft_wrap=True)
    for exchange in rate.exchanges:
        out.print(_exchange_text(exchange), markup=False, soft_wrap=True)
    checked = f", checked {rate.checked}" if rate.checked else ""
    place = f", {rate.place}" if rate.place else ""
    out.print(f"  {rate.id}\n  {rate.source}{checked}{place}", markup=False, soft_wrap=True)


def _prices_table(rate: Rate) -> Table:
    """Return the prices by meter; under a contract, the list's stand before them."""
    has_list = rate.list_prices is not rate.prices
    rows = table()
    rows.add_column("  meter")
    for name in (*(["list USD"] if has_list else []), "USD", "per"):
        rows.add_column(name, justify="right")
    for meter in _published(rate):
        paid, listed = rate.prices.get(meter), rate.list_prices.get(meter)
        per = next(price.per for price in (paid, listed) if price is not None)
        prices = [_usd(listed), _usd(paid)] if has_list else [_usd(paid)]
        rows.add_row(f"  {meter}", *prices, f"{per:,} {METERS[meter].unit}s")
        for step in rate.steps:
            if meter in step.prices:
                rows.add_row(*_beyond(step, meter))
    return rows


def _beyond(step: Step, meter: str) -> tuple[str, str, str]:
    price = step.prices[meter]
    return (
        f"    beyond {step.first - 1:,}",
        f"{price.usd:f}",
        f"{price.per:,} {METERS[meter].unit}s",
    )


def _usd(price: UnitPrice | None) -> str:
    return "-" if price is None else f"{price.usd:f}"


def _contract_text(contract: Contract) -> str:
    until = f" until {instant(contract.ends_ns)}" if contract.ends_ns is not None else ""
    since = f" from {instant(contract.starts_ns)}" if contract.starts_ns is not None else ""
    return (
        f"  contract {contract.name}: {contract.terms}{since}{until}\n"
        f"    {contract.source}, checked {contract.checked}, {contract.place}"
    )


def _exchange_text(exchange: Exchange) -> str:
    held = interval(exchange.starts_ns, exchange.ends_ns)
    return f"  1 {exchange.currency} = {exchange.usd:f} USD, {held}, {exchange.source}"


def _published(rate: Rate) -> Iterator[str]:
    """Yield the meters the provider publishes, without those that only follow from a fallback."""
    for meter in METERS:
        fallback = METERS[meter].fallback
        paid, listed = rate.prices.get(meter), rate.list_prices.get(meter)
        follows = fallback is not None and (
            (rate.prices.get(fallback), rate.list_prices.get(fallback)) == (paid, listed)
            and all(step.prices.get(meter) == step.prices.get(fallback) for step in rate.steps)
        )
        if not follows and (paid or listed):
            yield meter


def _tried(book: RateBook, name: str) -> dict[tuple[str, ...], list[str]]:
    """Return the providers at which each sequence of names was tried, in order."""
    tried: dict[tuple[str, ...], list[str]] = {}
    for provider, model in _meanings(book, name):
        tried.setdefault(book.steps(provider, model), []).append(provider)
    return tried


def _near(book: RateBook, name: str, tried: dict[tuple[str, ...], list[str]]) -> list[str]:
    """Return the closest names to what the written patterns left of this one, else to the whole."""
    steps = max(tried, key=len, default=())
    if len(steps) < 2:
        return book.close_names(name)
    return [
        f"{provider}/{model}"
        for provider in tried[steps][:1]
        for model in book.close_names(steps[-1], provider)
    ]


def _explain_unknown(book: RateBook, name: str) -> None:
    out = console(stderr=True)
    out.print(f"[bold]unknown_model[/]: the rate book has no {escape(name)}.")
    tried = _tried(book, name)
    for steps, providers in tried.items():
        where = providers[0] if len(providers) == 1 else f"{len(providers)} providers"
        out.print(f"Tried at {where}: {' > '.join(map(escape, steps))}", soft_wrap=True)
    near = _near(book, name, tried)
    if near:
        out.print(
            f"Closest known: {', '.join(map(escape, near))}. Nothing is priced by resemblance.",
            soft_wrap=True,
        )
    else:
        out.print("No known name comes close, and nothing is priced by resemblance.")
    out.print(
        "A name or a model of your own goes into a file for --overrides; see docs/overrides.md."
    )
