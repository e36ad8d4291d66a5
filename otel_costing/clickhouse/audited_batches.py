"""Whether the ledger still holds what each batch brought."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from otel_costing.audit import Fault, Faults
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.store import Store
from otel_costing.progress import Progress

_ENTRIES_AT_ONCE = 2_000_000
_MOST_BATCHES = 100
"""In one question."""


class Batches(NamedTuple):
    """How many there are."""

    batches: int
    unproven: int
    """Nothing was kept of what they brought."""


def compare(
    store: Store, entries: int, until_us: int, faults: Faults
) -> Generator[Progress, None, Batches]:
    """Compare the batches on record with the entries that name them.

    Args:
        store: the ledger.
        entries: about how many it holds.
        until_us: leave out batches that were finished later, microseconds since 1970 UTC.
        faults: takes what is found.
    """
    number = entries // _ENTRIES_AT_ONCE + 1
    for part in range(number):
        asked = {"parts": number, "part": part, "until_us": until_us}
        differing = store.query("batches_differing", asked)
        for some in parts(differing, _MOST_BATCHES):
            faults.add(_faults(store, some))
        yield Progress(part + 1, number, "parts of the batches")
    (counted,) = store.query("batches_counted")
    return Batches(**counted)


def _faults(store: Store, differing: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    asked = {"batch_ids": [row["batch_id"] for row in differing]}
    gone = {row["batch_id"]: row for row in store.query("entries_gone_of_batches", asked)}
    for row in differing:
        detail = _gone(row, gone[row["batch_id"]]) if row["batch_id"] in gone else _other(row)
        if detail:
            yield Fault("batch", row["batch_id"], "", detail)


def _gone(row: Mapping[str, Any], gone: Mapping[str, Any]) -> str:
    begin = ", ".join(gone["beginnings"])
    of = f"{gone['entries']:,} of its {row['brought_entries']:,} entries are not in the ledger"
    return f"{of}; their ids begin with {begin}"


def _other(row: Mapping[str, Any]) -> str:
    """Say what is off; nothing where another batch brought the same entries at the same instant and is named by them."""
    if row["entries"] > row["brought_entries"]:
        return f"{row['entries']:,} entries name it, and it brought {row['brought_entries']:,}"
    if row["entries"] == row["brought_entries"]:
        return "its entries are not those that it brought"
    return ""
