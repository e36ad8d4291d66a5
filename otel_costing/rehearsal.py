"""What booking would bring, without a ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from otel_costing.batch import SealedBatch
from otel_costing.promoted import Promoted


class ModelSum(NamedTuple):
    """What the calls of one model come to."""

    calls: int = 0
    unpriced_calls: int = 0
    usd: Decimal | None = None
    """None where none of them is priced."""


class NothingBooked(NamedTuple):
    """What a ledger would say that knew nothing before."""

    duplicates: int = 0
    conflicts: int = 0


class Rehearsal:
    """Takes batches as a ledger would, and keeps nothing but sums by provider and model."""

    def __init__(self) -> None:
        self.by_model: dict[tuple[str, str], ModelSum] = {}

    def book_new(self, batch: SealedBatch) -> NothingBooked:
        """Add up what the batch would charge."""
        for entry in batch.entries:
            known = self.by_model.get((entry.provider, entry.model), ModelSum())
            self.by_model[entry.provider, entry.model] = ModelSum(
                known.calls + 1,
                known.unpriced_calls + (entry.total_usd is None),
                known.usd if entry.total_usd is None else (known.usd or 0) + entry.total_usd,
            )
        return NothingBooked()

    def settle(self, *, now_ns: int) -> None:
        """Leave it: what lies in different batches is not compared."""
        del now_ns

    def promotions(self) -> Promoted:
        """Return none: nothing is broken down."""
        return ()

    def rebuild_rollups(self) -> None:
        """Leave it."""
