"""`otel-costing rates`: list and show the rate tables; the rest of the group stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import click
from rich.markup import escape

from otel_costing.cli.options import BadInput, format_option
from otel_costing.cli.output import console, table, write_csv, write_json
from otel_costing.cli.rates_check import check_command
from otel_costing.cli.rates_diff import diff_command
from otel_costing.cli.rates_refresh import refresh_command
from otel_costing.instants import ns_of
from otel_costing.money import UnitPrice
from otel_costing.rates import METERS, Rate, RateBook, default_rates, tables_directory

_LIST_COLUMNS = (
    "provider",
    "model",
    "from",
    "until",
    "tier",
    "region",
    "context_from",
    "input",
    "cache_read",
    "output",
    "rate_id",
)


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
@format_option
def list_command(provider: str | None, current: bool, style: str) -> None:  # noqa: FBT001 - click passes flags by name
    """List the rates, one line each: USD per million tokens."""
    rates = list(_chosen(default_rates(), provider, current=current))
    documents = [rate_document(rate) for rate in rates]
    if style == "json":
        write_json({"rates": documents, "digest": default_rates().digest})
    elif style == "csv":
        write_csv(_LIST_COLUMNS, [{**document, **document["prices"]} for document in documents])
    else:
        _show_list(rates)


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


def rate_document(rate: Rate) -> dict[str, Any]:
    """Return a rate as JSON: its interval, its conditions, its prices by meter, its source."""
    return {
        "provider": rate.provider,
        "model": rate.model,
        "rate_id": rate.id,
        "from": instant(rate.starts_ns),
        "until": instant(rate.ends_ns),
        "tier": rate.tier,
        "region": rate.region or None,
        "context_from": rate.context_from,
        "context_to": rate.context_to,
        "hours": None if rate.hours is None else [clock_time(second) for second in rate.hours],
        "prices": {meter: f"{price.usd:f}" for meter, price in rate.prices.items()},
        "per": {meter: price.per for meter, price in rate.prices.items()},
        "source": rate.source,
        "checked": rate.checked,
    }


def instant(instant_ns: int | None) -> str | None:
    """Return an instant as ISO 8601 in UTC, a midnight as its date; None stays None."""
    if instant_ns is None:
        return None
    moment = datetime.fromtimestamp(instant_ns // 10**9, UTC)
    midnight = moment.hour == moment.minute == moment.second == 0
    return moment.date().isoformat() if midnight else moment.isoformat().replace("+00:00", "Z")


def clock_time(second: int) -> str:
    """Return a second of the UTC day as `HH:MM`."""
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def _show_list(rates: list[Rate]) -> None:
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
    book = default_rates()
    out.print(
        f"{len(rates)} rates, USD per million tokens. Book {book.digest[:16]}, tables in {tables_directory()}",
        soft_wrap=True,
    )


def _main_prices(rate: Rate) -> list[str]:
    return [
        f"{rate.prices[meter].usd:f}" if meter in rate.prices else "-"
        for meter in ("input", "cache_read", "output")
    ]


def conditions(rate: Rate) -> str:
    """Return a rate's conditions in a few words; empty for a rate that holds always and everywhere."""
    said = [] if rate.tier == "standard" else [rate.tier]
    if rate.region:
        said.append(rate.region)
    if rate.context_from:
        said.append(f"from {rate.context_from:,} tokens")
    if rate.hours:
        said.append(f"{clock_time(rate.hours[0])}-{clock_time(rate.hours[1])} UTC")
    if rate.ends_ns is not None:
        said.append(f"until {instant(rate.ends_ns)}")
    return ", ".join(said)


@rates_group.command("show")
@click.argument("name")
@format_option
def show_command(name: str, style: str) -> None:
    """Show what a model's name means and every rate it ever had.

    NAME is PROVIDER/MODEL, or a model's name alone. An unknown name is answered with every step that was tried
    and the closest known names; it leaves with status 1.
    """
    book = default_rates()
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
        write_csv(_LIST_COLUMNS, [{**rate, **rate["prices"]} for rate in rates])
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
    return {
        "provider": resolution.provider,
        "model": resolution.model,
        "region": resolution.region or None,
        "steps": list(resolution.steps),
        "aliases": book.aliases(resolution.provider, resolution.model),
        "rates": [
            rate_document(rate) for rate in book.rates_of(resolution.provider, resolution.model)
        ],
    }


def _show_model(book: RateBook, provider: str, model: str) -> None:
    resolution = book.resolve(provider, model)
    if resolution is None:
        return
    out = console()
    out.print(f"[bold]{escape(resolution.provider)}/{escape(resolution.model)}[/]")
    if len(resolution.steps) > 1:
        out.print(f"  found by way of {' > '.join(map(escape, resolution.steps))}", soft_wrap=True)
    if resolution.region:
        out.print(f"  the name says scope {escape(resolution.region)}")
    for rate in book.rates_of(resolution.provider, resolution.model):
        _show_rate(rate)


def _show_rate(rate: Rate) -> None:
    out = console()
    interval = f"{instant(rate.starts_ns) or 'start unknown'} to {instant(rate.ends_ns) or 'open'}"
    held = conditions(rate)
    out.print(f"\n  {interval}{f'  [{escape(held)}]' if held else ''}", markup=False)
    rows = table()
    rows.add_column("  meter")
    rows.add_column("USD", justify="right")
    rows.add_column("per", justify="right")
    for meter, price in _published(rate):
        rows.add_row(f"  {meter}", f"{price.usd:f}", f"{price.per:,} {METERS[meter].unit}s")
    out.print(rows)
    out.print(
        f"  {escape(rate.id)}\n  {escape(rate.source)}, checked {rate.checked}", soft_wrap=True
    )


def _published(rate: Rate) -> Iterator[tuple[str, UnitPrice]]:
    """Yield the prices the provider publishes, without those that only follow from a fallback."""
    for meter, price in rate.prices.items():
        fallback = METERS[meter].fallback
        if fallback is None or rate.prices.get(fallback) != price:
            yield meter, price


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


for command in (check_command, diff_command, refresh_command):
    rates_group.add_command(command)
