"""What reconciling asks of the ledger, and what it writes: a posting is sealed first, and its entries follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.adjustments import Share, Target
from otel_costing.batch import batch_of_corrections
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.store import Store
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.formats_beside import Told
from otel_costing.finops.reconciliation.matching import Booked
from otel_costing.finops.reconciliation.posting import Posting, entries_of
from otel_costing.ledger import digest

_MOST_KEYS = 1_000
"""In one question, as a server takes no longer parameter."""
_MOST_ENTRIES = 5_000
"""In one batch."""
_SHARE = (*Target._fields, "basis_usd", "amount_usd")
_INSTANTS = {"start_ns": "starts_at", "end_ns": "ends_at"}
_PLAIN = tuple(name for name in Posting._fields if name not in {"shares", "sealed_ns", *_INSTANTS})

LineKey = tuple[str, str]
"""Provider and key of a line."""
BookedKey = tuple[int, str, str]
"""Start of the day, model and meter."""


class Extent(NamedTuple):
    """Which calls are compared: of one provider, half open, nanoseconds since 1970 UTC."""

    provider: str
    since_ns: int
    until_ns: int
    account: str
    """Empty for all; calls that do not say of which account they are belong to each."""


def booked_totals(store: Store, extent: Extent) -> list[Booked]:
    """Return what calls come to by day, model and meter."""
    return [
        Booked(
            **{
                **row,
                "quantity": Decimal(row["quantity"]),
                "unpriced_quantity": Decimal(row["unpriced_quantity"]),
            }
        )
        for row in store.query("booked_by_meter", extent._asdict())
    ]


def booked_by_target(store: Store, extent: Extent) -> dict[BookedKey, dict[Target, Decimal]]:
    """Return who caused what calls come to."""
    found: dict[BookedKey, dict[Target, Decimal]] = defaultdict(dict)
    for row in store.query("booked_by_target", extent._asdict()):
        target = Target(*(row[name] for name in Target._fields))
        found[row["day_ns"], row["model"], row["meter"]][target] = row["usd"]
    return found


def postings_of(store: Store, lines: Iterable[LineKey]) -> dict[LineKey, list[Posting]]:
    """Return what was posted of each of some lines, from first to last; of two that were sealed at once, the first."""
    by_provider: dict[str, list[str]] = defaultdict(list)
    for provider, key in lines:
        by_provider[provider].append(key)
    found: dict[LineKey, list[Posting]] = defaultdict(list)
    for provider, keys in by_provider.items():
        for part in parts(sorted(set(keys)), _MOST_KEYS):
            asked = {"provider": provider, "line_keys": key_text(part)}
            for row in store.query("reconciled_lines", asked):
                found[provider, row["line_key"]].append(_posting_of(row))
    return found


def settled_lines(store: Store, extent: Extent) -> list[InvoiceLine]:
    """Return the lines for usage that stand as posted, from whatever export; without quantities."""
    asked = {"provider": extent.provider, "since_ns": extent.since_ns, "until_ns": extent.until_ns}
    return [
        InvoiceLine(
            document=row["source_document"],
            key=row["line_key"],
            place=row["place"],
            provider=extent.provider,
            account=row["provider_account"],
            start_ns=row["start_ns"],
            end_ns=row["end_ns"],
            model=row["model"],
            billed_as=row["billed_as"],
            meter=row["meter"],
            quantity=None,
            amount_usd=row["billed_usd"],
            kind=Kind.USAGE,
            description="",
        )
        for row in store.query("settled_lines", asked)
    ]


def formats_posted(store: Store, providers: Iterable[str]) -> list[Told]:
    """Return in which formats which accounts and months of some providers stand as posted."""
    rows = store.query("formats_posted", {"providers": sorted(providers)})
    return [Told(**row) for row in rows]


def post(store: Store, decided: Sequence[Posting]) -> list[Posting]:
    """Seal what was decided, and book what is sealed; returns the latter, which another may have sealed before.

    Cut short it is completed by `complete`; done again it changes nothing.

    Raises:
        StoreUnavailable: it was cut short.
    """
    for one in decided:
        _seal(store, one)
    wanted = {(one.provider, one.line_key, one.posting) for one in decided}
    sealed = [
        one
        for postings in postings_of(store, ((each[0], each[1]) for each in wanted)).values()
        for one in postings
        if (one.provider, one.line_key, one.posting) in wanted
    ]
    _book(store, sealed)
    return sealed


def complete(store: Store) -> int:
    """Book what was sealed and cut short; returns of how many lines."""
    lines = cut_short(store)
    for part in parts(lines, _MOST_KEYS):
        _book(store, [one for some in postings_of(store, part).values() for one in some])
    return len(lines)


def cut_short(store: Store) -> list[LineKey]:
    """Return the lines of which not all that is sealed is booked."""
    return [(row["provider"], row["line_key"]) for row in store.query("postings_cut_short")]


def lines_of_document(store: Store, document: str) -> list[LineKey]:
    """Return the lines that were posted from an export, named by digest or by file name."""
    rows = store.query("lines_of_document", {"document": document})
    return [(row["provider"], row["line_key"]) for row in rows]


def documents_named(store: Store, name: str) -> list[str]:
    """Return the exports of a file name from which lines stand as posted: digest, and the days they are for."""
    return [
        f"{row['source_document']} ({row['first_day']} to {row['last_day']})"
        for row in store.query("documents_named", {"document": name})
    ]


def _book(store: Store, postings: Iterable[Posting]) -> None:
    entries = [entry for posting in postings for entry in entries_of(posting)]
    for part in parts(entries, _MOST_ENTRIES):
        store.book(batch_of_corrections(part, (), part[0].received_ns))


def _seal(store: Store, one: Posting) -> None:
    """Write a decision in an insert of its own: of two that decide a line at once the store takes one, by the token."""
    columns: dict[str, list[Any]] = {name: [getattr(one, name)] for name in _PLAIN}
    for name, column in _INSTANTS.items():
        columns[column] = [getattr(one, name)]
    for name, read in _SHARE_COLUMNS.items():
        columns[f"shares.{name}"] = [[read(share) for share in one.shares]]
    ids = (one.provider, one.line_key, str(one.posting))
    store.connection.insert("reconciled_lines", columns, token=digest("reconciled_lines", *ids))


def _target_field(name: str) -> Callable[[Share], Any]:
    return lambda share: getattr(share.target, name)


_SHARE_COLUMNS: Mapping[str, Callable[[Share], Any]] = {
    **{name: _target_field(name) for name in Target._fields},
    "basis_usd": lambda share: share.basis_usd,
    "amount_usd": lambda share: share.amount_usd,
}


def _posting_of(row: Mapping[str, Any]) -> Posting:
    return Posting(
        **{name: row[name] for name in _PLAIN},
        **{name: row[name] for name in _INSTANTS},
        shares=tuple(_shares_of(row)),
        sealed_ns=row["sealed_ns"],
    )


def _shares_of(row: Mapping[str, Any]) -> Iterator[Share]:
    for share in zip(*(row[f"shares.{name}"] for name in _SHARE), strict=True):
        *target, basis_usd, amount_usd = share
        yield Share(Target(*target), basis_usd, amount_usd)
