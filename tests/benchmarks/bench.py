"""What every area is given: how much to do, and ledgers to ask."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from tests.benchmarks.ledgers import Ledgers

_Amount = TypeVar("_Amount")


class Bench(NamedTuple):
    """One run of the suite, whole or short."""

    short: bool
    ledgers: Ledgers

    def of(self, short: _Amount, whole: _Amount) -> _Amount:
        """Return how much of something to do in this run."""
        return short if self.short else whole
