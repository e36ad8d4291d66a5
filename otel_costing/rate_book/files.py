"""Rate tables as a person writes them -> checked values, and every mistake with its line and fix.

The format is described in `rates/README.md` and, for editors, in `rates/schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.problems import Problem
from otel_costing.rate_book.hours import DAYS, Hours, parse_hours
from otel_costing.rate_book.located_yaml import Listed, Mapped, Scalar, Value
from otel_costing.rate_book.prices import Price, Prices, read_prices
from otel_costing.rate_book.yaml_fields import Fields

__all__ = [
    "Band",
    "Keys",
    "ModelEntry",
    "Price",
    "Prices",
    "RateEntry",
    "Table",
    "Window",
    "read_model",
    "read_prices",
    "read_table",
]

TIERS = ("standard", "batch", "flex", "priority", "provisioned")
CLOCKS = ("end", "start")

# Whether each key must be there.
FILE_KEYS = {
    **dict.fromkeys(("provider", "source", "checked", "models"), True),
    **dict.fromkeys(("via", "note"), False),
}
_SAID = ("correction", "note")
MODEL_KEYS = {
    **dict.fromkeys(("aliases", "assumptions", "source", "checked", "by_hand", *_SAID), False),
    "rates": True,
}
RATE_KEYS = {
    "from": True,
    **dict.fromkeys(("until", "tier", "region", "clock", "effective", *_SAID), False),
    "prices": True,
    **dict.fromkeys(("context", "hours"), False),
}


class Keys(NamedTuple):
    """Which keys a model and its rates may have; whether each must be there."""

    model: dict[str, bool]
    rate: dict[str, bool]


TABLE_KEYS = Keys(MODEL_KEYS, RATE_KEYS)
CONTEXT_KEYS = {"over": False, "from": False, "marginal": False, "prices": True}
HOURS_KEYS = {"between": True, "days": False, "prices": True, "context": False}


class Band(NamedTuple):
    """Prices of the requests whose input side holds at least `floor` tokens, up to the next band.

    A marginal one prices each meter that it names by itself, from its unit number `floor` on.
    """

    floor: int
    prices: Prices
    marginal: bool = False


class Window(NamedTuple):
    """Prices of some hours of the day."""

    hours: Hours
    bands: tuple[Band, ...]


class RateEntry(NamedTuple):
    """One entry of a model's `rates`."""

    starts_ns: int | None
    ends_ns: int | None
    tier: str
    regions: tuple[str, ...]
    clock: str
    bands: tuple[Band, ...]
    windows: tuple[Window, ...]
    line: int
    effective: str = ""
    """`unknown` where the price was found at `from` and may have taken effect before."""
    correction: str = ""
    """Why what was written before was wrong."""
    note: str = ""
    currency: str = ""
    """Of the prices; empty for USD, which every price of a table is in. Only overrides name another."""


class ModelEntry(NamedTuple):
    """One model of a table."""

    id: str
    aliases: tuple[str, ...]
    assumptions: tuple[str, ...]
    source: str
    checked: str
    rates: tuple[RateEntry, ...]
    line: int
    by_hand: str = ""
    """Why a person keeps these rates instead of the catalogue's; a refresh leaves them alone."""
    correction: str = ""
    note: str = ""


class Table(NamedTuple):
    """One provider's file."""

    name: str
    provider: str
    source: str
    checked: str
    models: tuple[ModelEntry, ...]
    line: int
    via: str = ""
    note: str = ""


def read_table(value: Value, name: str, problems: list[Problem]) -> Table | None:
    """Read one provider's file; what is wrong is added to `problems` and left out of the table."""
    fields = Fields(name, problems)
    top = fields.of(value, "a rate table", FILE_KEYS)
    if top is None:
        return None
    source = fields.text(top["source"], "source")
    checked = fields.day(top["checked"], "checked")
    via = fields.text(top.get("via"), "via")
    note = fields.text(top.get("note"), "note")
    models = top["models"]
    if not isinstance(models, Mapped):
        fields.wrong(models, "models is a mapping of model id to its rates")
        return None
    entries = (
        read_model(fields, key, each, (source, checked)) for key, each in models.fields.items()
    )
    provider = fields.text(top["provider"], "provider")
    models_read = tuple(entry for entry in entries if entry)
    return Table(name, provider, source, checked, models_read, value.line, via, note)


def read_model(
    fields: Fields, model: str, value: Value, origin: tuple[str, str], keys: Keys = TABLE_KEYS
) -> ModelEntry | None:
    """Read one model and its rates; `origin` is the source and the day it was checked, unless it says so itself."""
    what = f"model {model!r}"
    own = fields.of(value, what, keys.model)
    if own is None:
        return None
    rates = own["rates"]
    if not isinstance(rates, Listed) or not rates.values:
        fields.wrong(rates, f"{what}: rates is a list of at least one rate")
        return None
    entries = tuple(e for each in rates.values if (e := _read_rate(fields, what, each, keys.rate)))
    return ModelEntry(
        model,
        fields.texts(own.get("aliases"), f"{what}: aliases"),
        fields.texts(own.get("assumptions"), f"{what}: assumptions"),
        fields.text(own.get("source"), f"{what}: source", origin[0]),
        fields.day(own.get("checked"), f"{what}: checked") or origin[1],
        entries,
        value.line,
        fields.text(own.get("by_hand"), f"{what}: by_hand"),
        fields.text(own.get("correction"), f"{what}: correction"),
        fields.text(own.get("note"), f"{what}: note"),
    )


def _read_rate(fields: Fields, model: str, value: Value, keys: dict[str, bool]) -> RateEntry | None:
    own = fields.of(value, f"a rate of {model}", keys)
    if own is None:
        return None
    bands = _read_bands(fields, model, own)
    written = own["from"]
    is_open = isinstance(written, Scalar) and written.is_null
    starts_ns = None if is_open else fields.instant(written, f"{model}: from")
    if starts_ns is None and not is_open:
        return None
    return RateEntry(
        starts_ns,
        fields.instant(own.get("until"), f"{model}: until"),
        fields.one_of(own.get("tier"), f"{model}: tier", TIERS),
        fields.texts(own.get("region"), f"{model}: region"),
        fields.one_of(own.get("clock"), f"{model}: clock", CLOCKS),
        bands,
        _read_windows(fields, model, own.get("hours")),
        value.line,
        _read_effective(fields, model, own.get("effective")),
        fields.text(own.get("correction"), f"{model}: correction"),
        fields.text(own.get("note"), f"{model}: note"),
        fields.text(own.get("currency"), f"{model}: currency"),
    )


def _read_effective(fields: Fields, model: str, value: Value | None) -> str:
    return "" if value is None else fields.one_of(value, f"{model}: effective", ("unknown",))


def _read_bands(fields: Fields, model: str, own: dict[str, Value]) -> tuple[Band, ...]:
    bands = [Band(0, read_prices(fields, model, own["prices"]))]
    context = own.get("context")
    if context is None:
        return tuple(bands)
    if not isinstance(context, Listed):
        fields.wrong(context, f"{model}: context is a list of bands with over or from, and prices")
        return tuple(bands)
    for item in context.values:
        band = _read_band(fields, model, item)
        if band is not None and band.floor <= bands[-1].floor:
            fields.wrong(item, f"{model}: context bands rise; this one overlaps the one before")
        elif band is not None:
            bands.append(band)
            for what in _misplaced(bands):
                fields.wrong(item, f"{model}: {what}")
    return tuple(bands)


def _misplaced(bands: list[Band]) -> Iterator[str]:
    """Yield what is wrong with the last band, seen beside those before it."""
    base, *context = bands
    if len({band.marginal for band in context}) > 1:
        yield "context bands of one rate are all marginal or none; this one is not as the one before"
    if context[-1].marginal:
        for meter in context[-1].prices:
            if not _is_priced(meter, base.prices):
                yield f"{meter} has no price below this marginal band; add one to the rate's prices"


def _is_priced(meter: str, prices: Prices) -> bool:
    fallback = METERS[meter].fallback
    return meter in prices or (fallback is not None and _is_priced(fallback, prices))


def _read_band(fields: Fields, model: str, value: Value) -> Band | None:
    own = fields.of(value, f"{model}: a context band", CONTEXT_KEYS)
    if own is None:
        return None
    if ("over" in own) == ("from" in own):
        fields.wrong(
            value, f"{model}: a context band has either over (strictly above) or from (at or above)"
        )
        return None
    key = "over" if "over" in own else "from"
    bound = fields.whole(own[key], f"{model}: {key}")
    prices = read_prices(fields, model, own["prices"])
    is_marginal = fields.one_of(own.get("marginal"), f"{model}: marginal", ("false", "true"))
    return (
        None
        if bound is None
        else Band(bound + (key == "over"), prices, marginal=is_marginal == "true")
    )


def _read_windows(fields: Fields, model: str, value: Value | None) -> tuple[Window, ...]:
    if value is None:
        return ()
    if not isinstance(value, Listed):
        fields.wrong(value, f"{model}: hours is a list of windows with between and prices")
        return ()
    windows: list[Window] = []
    for item in value.values:
        window = _read_window(fields, model, item)
        if window is None:
            continue
        if any(window.hours.overlap(other.hours) for other in windows):
            fields.wrong(item, f"{model}: this window of hours overlaps another one")
        windows.append(window)
    return tuple(windows)


def _read_window(fields: Fields, model: str, value: Value) -> Window | None:
    own = fields.of(value, f"{model}: a window of hours", HOURS_KEYS)
    if own is None:
        return None
    span = parse_hours(fields.text(own["between"], f"{model}: between"))
    days = fields.texts(own.get("days"), f"{model}: days")
    if span is None:
        fields.wrong(
            own["between"], f'{model}: between is two different UTC times such as "16:30-00:30"'
        )
        return None
    if not set(days) <= set(DAYS):
        fields.wrong(own["days"], f"{model}: days are of {', '.join(DAYS)}")
        return None
    numbers = tuple(DAYS.index(day) for day in DAYS if day in days or not days)
    return Window(Hours(*span, numbers), _read_bands(fields, model, own))
