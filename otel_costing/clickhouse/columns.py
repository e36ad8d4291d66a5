"""Rows -> the columns of their tables, and back. Column-oriented, as the client encodes them fastest."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

from otel_costing.attribution import Attribution
from otel_costing.batch import BookedRate, Counts, SealedBatch
from otel_costing.clickhouse.native import Arrays
from otel_costing.finding import Finding
from otel_costing.instants import day_of
from otel_costing.ledger import Item, LedgerEntry
from otel_costing.money import UnitPrice
from otel_costing.periods import month_after
from otel_costing.promoted import COLUMNS as PROMOTED
from otel_costing.promoted import Values
from otel_costing.rates import Rate
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import TracedCall

Columns = dict[str, Sequence[Any]]

ATTRIBUTION = Attribution._fields
EPOCH = date(1970, 1, 1)
_NS_PER_DAY = 86_400 * 10**9
# Columns of `ledger` that are fields of an entry under the same name.
_PLAIN = tuple(
    name
    for name in LedgerEntry._fields
    if not name.endswith("_ns")
    and name not in {"attribution", "assumptions", "items", "tags", "promoted"}
)
_INSTANTS = ("occurred", "started", "ended", "received")


def entry_columns(
    entries: Sequence[LedgerEntry], batch_id: str, billing_periods: Sequence[str]
) -> Columns:
    """Return the columns of `ledger`."""
    by_field = _transposed(entries, LedgerEntry._fields)
    items: list[tuple[Item, ...]] = by_field["items"]
    columns: Columns = {
        **{name: by_field[name] for name in _PLAIN},
        **_transposed(by_field["attribution"], Attribution._fields),
        **{f"{name}_at": by_field[f"{name}_ns"] for name in _INSTANTS},
        **_promoted(by_field["promoted"]),
        "ended_on": [date_of(ended_ns) for ended_ns in by_field["ended_ns"]],
        "assumptions": [list(one) for one in by_field["assumptions"]],
        "tags": [dict(one) for one in by_field["tags"]],
        "batch_id": [batch_id] * len(entries),
        "billing_period": list(billing_periods),
    }
    flat = _transposed(list(chain.from_iterable(items)), Item._fields)
    ends = list(accumulate(map(len, items)))
    for name, values in flat.items():
        columns[f"items.{name}"] = Arrays(values, ends)
    return _said(columns)


def _promoted(said: Sequence[Values]) -> Columns:
    """Return the columns of promoted attributes: none where no resource says any."""
    if not any(said):
        return {}
    rows = list(map(dict, said))
    return {column: [row.get(column, "") for row in rows] for column in PROMOTED}


def _said(columns: Columns) -> Columns:
    """Leave out the columns in which no row says anything: to encode them takes as long as any others."""
    return {name: values for name, values in columns.items() if any(values) or _holds_zero(values)}


def _holds_zero(values: Sequence[Any]) -> bool:
    """Tell whether a number stands among values of which none is true: 0 is said, and absent is not."""
    first = values[0] if values else None
    if first is None:
        return values.count(None) < len(values)
    return isinstance(first, int | Decimal)


def _transposed(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Turn rows into columns; none of them into columns of nothing."""
    values = map(list, zip(*rows, strict=True)) if rows else ([] for _ in names)
    return dict(zip(names, values, strict=True))


def entry_of(row: Mapping[str, Any]) -> LedgerEntry:
    """Return the entry that a row of `ledger` holds, with its times as `_ns`."""
    (entry,) = entries_of({name: (value,) for name, value in row.items()})
    return entry


def entries_of(answer: Mapping[str, Sequence[Any]]) -> list[LedgerEntry]:
    """Return the entries that rows of `ledger` hold, by their columns: a third of the time that row after row takes."""
    made: dict[str, Iterable[Any]] = {
        "attribution": map(
            Attribution._make, zip(*(answer[name] for name in ATTRIBUTION), strict=True)
        ),
        "assumptions": map(tuple, answer["assumptions"]),
        "items": map(_items, zip(*(answer[f"items.{name}"] for name in Item._fields), strict=True)),
        "tags": (tuple(one.items()) for one in answer["tags"]),
        "promoted": map(_values, zip(*(answer[name] for name in PROMOTED), strict=True)),
    }
    fields = (made.get(name) or answer[name] for name in LedgerEntry._fields)
    return list(map(LedgerEntry._make, zip(*fields, strict=True)))


def traced_call(row: Mapping[str, Any]) -> TracedCall:
    """Return the call that a row of `calls_of_trace` holds."""
    items = _items(tuple(row[f"items.{name}"] for name in Item._fields))
    return TracedCall._make(items if name == "items" else row[name] for name in TracedCall._fields)


def _items(lines: tuple[Sequence[Any], ...]) -> tuple[Item, ...]:
    return tuple(map(Item._make, zip(*lines, strict=True)))


def _values(said: tuple[str, ...]) -> Values:
    return tuple(one for one in zip(PROMOTED, said, strict=True) if one[1]) if any(said) else ()


def span_columns(spans: Sequence[Skeleton], received_ns: int, batch_id: str) -> Columns:
    """Return the columns of `spans`."""
    renamed = {"start_ns": "start", "failed": "error"}
    columns: Columns = {
        renamed.get(name, name): [span[index] for span in spans]
        for index, name in enumerate(Skeleton._fields)
        if name != "ended_ns"
    }
    columns["ended_on"] = [date_of(span.ended_ns) for span in spans]
    columns["batch_id"] = [batch_id] * len(spans)
    columns["links"] = [list(span.links) for span in spans]
    columns["received_at"] = [received_ns] * len(spans)
    return _said(columns)


def skeleton_of_row(row: Mapping[str, Any]) -> Skeleton:
    """Return the skeleton that a row of `spans_of_trace` holds."""
    links = tuple((link["trace_id"], link["span_id"]) for link in row["links"])
    return Skeleton(**{**{name: row[name] for name in Skeleton._fields}, "links": links})


def finding_columns(findings: Sequence[Finding], batch_id: str) -> Columns:
    """Return the columns of `findings`."""
    columns: Columns = {
        name: [getattr(one, name) for one in findings]
        for name in (
            "finding_id",
            "kind",
            "call_id",
            "of_call_id",
            "entry_id",
            "trace_id",
            "span_id",
            "detail",
        )
    }
    columns["ended_on"] = [date_of(one.ended_ns) for one in findings]
    columns["batch_id"] = [batch_id] * len(findings)
    return columns


_RATE_COLUMNS: Mapping[str, Callable[[BookedRate], Any]] = {
    "rate_id": lambda one: one.rate.id,
    "rates_digest": lambda one: one.rates_digest,
    "provider": lambda one: one.rate.provider,
    "model": lambda one: one.rate.model,
    "tier": lambda one: one.rate.tier,
    "region": lambda one: one.rate.region,
    "clock": lambda one: one.rate.clock,
    "starts_at": lambda one: one.rate.starts_ns,
    "ends_at": lambda one: one.rate.ends_ns,
    "prices.meter": lambda one: list(one.rate.prices),
    "prices.unit_price": lambda one: [price.usd for price in one.rate.prices.values()],
    "prices.per": lambda one: [price.per for price in one.rate.prices.values()],
    "prices.list_unit_price": lambda one: _list_prices(one.rate),
    "steps.first": lambda one: [first for first, _, _ in _steps(one.rate)],
    "steps.meter": lambda one: [meter for _, meter, _ in _steps(one.rate)],
    "steps.unit_price": lambda one: [price.usd for _, _, price in _steps(one.rate)],
    "steps.per": lambda one: [price.per for _, _, price in _steps(one.rate)],
    "assumptions": lambda one: list(one.rate.assumptions),
    "source": lambda one: one.rate.source,
    "checked": lambda one: one.rate.checked,
    "contracts.name": lambda one: [each.name for each in one.rate.contracts],
    "contracts.terms": lambda one: [each.terms for each in one.rate.contracts],
    "contracts.source": lambda one: [each.source for each in one.rate.contracts],
    "contracts.checked": lambda one: [each.checked for each in one.rate.contracts],
    "exchanges.currency": lambda one: [each.currency for each in one.rate.exchanges],
    "exchanges.usd": lambda one: [each.usd for each in one.rate.exchanges],
    "exchanges.source": lambda one: [each.source for each in one.rate.exchanges],
}


def _list_prices(rate: Rate) -> list[Decimal | None]:
    listed = [rate.list_prices.get(meter) for meter in rate.prices]
    return [None if price is None else price.usd for price in listed]


def _steps(rate: Rate) -> list[tuple[int, str, UnitPrice]]:
    return [(step.first, *priced) for step in rate.steps for priced in step.prices.items()]


def rate_columns(rates: Sequence[BookedRate]) -> Columns:
    """Return the columns of `rates`."""
    return {name: [read(one) for one in rates] for name, read in _RATE_COLUMNS.items()}


def batch_columns(batch: SealedBatch, booked: int, duplicates: int, conflicts: int) -> Columns:
    """Return the columns of `batches`: one row."""
    counts = {name: [value] for name, value in zip(Counts._fields, batch.counts, strict=True)}
    return {
        "batch_id": [batch.batch_id],
        "received_at": [batch.received_ns],
        **counts,
        "booked": [booked],
        "duplicates": [duplicates],
        "conflicts": [conflicts],
    }


@lru_cache(maxsize=4096)
def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def date_of(nanoseconds: int) -> date:
    """Return the UTC day of an instant; 1970-01-01 for one that cannot be."""
    return _date(day_of(nanoseconds))


def dates_of(instants_ns: Iterable[int]) -> list[date]:
    """Return the distinct days of some instants, sorted."""
    return [_date(day) for day in sorted({day_of(instant) for instant in instants_ns})]


def month_of_row(nanoseconds: int) -> str:
    """Return the month by which a row is stored: that of `date_of`."""
    return _month(day_of(nanoseconds))


def month_of(occurred_ns: int) -> str:
    """Return the UTC month of a call, in which it is billed as long as that is open."""
    return _month(occurred_ns // _NS_PER_DAY)


def billing_period_of(occurred_ns: int, closed: Container[str]) -> str:
    """Return the UTC month to bill in: that of the call, or the first open one after it."""
    period = month_of(occurred_ns)
    while period in closed:
        period = month_after(period)
    return period


@lru_cache(maxsize=4096)
def _month(day: int) -> str:
    return _date(day).strftime("%Y-%m")
