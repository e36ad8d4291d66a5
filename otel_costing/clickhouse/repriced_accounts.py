"""The table `repriced_accounts`: what calls that nothing is charged by would cost at rates that came after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from otel_costing.clickhouse.columns import Columns, date_of
from otel_costing.ledger import Item, LedgerEntry, content_digest, digest
from otel_costing.repriced_account import NEVER_BOOKED, PRICED_FIELDS, RepricedAccount

_PLAIN = tuple(name for name in PRICED_FIELDS if name not in {"items", "assumptions"})
_OF_ENTRY = ("call_id", "trace_id", "response_id", "service", *_PLAIN)


def repriced_of_row(row: Mapping[str, Any]) -> RepricedAccount:
    """Return what a row holds."""
    lines = zip(*(row[f"items.{name}"] for name in Item._fields), strict=True)
    priced = {
        **{name: row[name] for name in _PLAIN},
        "assumptions": tuple(row["assumptions"]),
        "items": tuple(Item(*line) for line in lines),
    }
    return RepricedAccount(row["revision"], row["generation"], priced)


def repriced_columns(
    accounts: Sequence[LedgerEntry], places: Sequence[tuple[int, int]], batch_id: str
) -> Columns:
    """Return the columns of the table.

    Args:
        accounts: as they are priced anew.
        places: revision and generation of each.
        batch_id: of all of them.
    """
    columns: Columns = {name: [getattr(one, name) for one in accounts] for name in _OF_ENTRY}
    for index, name in enumerate(Item._fields):
        columns[f"items.{name}"] = [[line[index] for line in one.items] for one in accounts]
    columns["assumptions"] = [list(one.assumptions) for one in accounts]
    columns["started_at"] = [one.started_ns for one in accounts]
    columns["ended_at"] = [one.ended_ns for one in accounts]
    columns["ended_on"] = [date_of(one.ended_ns) for one in accounts]
    columns["revision"] = [revision for revision, _ in places]
    columns["generation"] = [generation for _, generation in places]
    columns["batch_id"] = [batch_id] * len(accounts)
    return columns


def repriced_batch_id(accounts: Iterable[LedgerEntry], places: Iterable[tuple[int, int]]) -> str:
    """Return what these rows are known by, and no others."""
    return digest(
        "repriced_accounts",
        *(f"{one.call_id} {content_digest(one)}" for one in accounts),
        *(f"{revision} {generation}" for revision, generation in places),
    )


def place_after(charges: Iterable[LedgerEntry], last: RepricedAccount | None) -> tuple[int, int]:
    """Return the revision and the generation of what is priced anew now."""
    revision = max((one.revision for one in charges if one.kind == "charge"), default=NEVER_BOOKED)
    return revision, 1 if last is None else last.generation + 1
