"""What a batch brings to the ledger, in a form that proves later that it is still there: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otel_costing.ledger import LedgerEntry
from otel_costing.periods import entries_digest, sum_of_digests

_OF_NONE = entries_digest(())


class Brought(NamedTuple):
    """Entries, whatever their order; see the columns of `batches`."""

    entries_digest: str = _OF_NONE
    entry_keys: tuple[int, ...] = ()
    """The first 64 bits of each entry's id, sorted."""

    def and_of(self, other: Brought) -> Brought:
        """Return what both brought together."""
        both = sum_of_digests((self.entries_digest, other.entries_digest))
        return Brought(both, tuple(sorted(self.entry_keys + other.entry_keys)))


NOTHING = Brought()


def brought_by(entries: Iterable[LedgerEntry]) -> Brought:
    """Return what proves that these are in."""
    each: Sequence[LedgerEntry] = list({one.entry_id: one for one in entries}.values())
    if not each:
        return NOTHING
    return Brought(
        entries_digest(each), tuple(sorted([int(one.entry_id[:16], 16) for one in each]))
    )
