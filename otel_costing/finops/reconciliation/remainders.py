"""What each line of an invoice bills beyond its part of what the ledger holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.finops.invoices.line import InvoiceLine
from otel_costing.finops.reconciliation.allocation import divided, whole_pico
from otel_costing.finops.reconciliation.matching import Match


class Remainder(NamedTuple):
    """One line, and the two sides of it. Exact USD of twelve decimals."""

    line: InvoiceLine
    billed_usd: Decimal
    booked_usd: Decimal
    """Its part of what its match has booked."""

    @property
    def usd(self) -> Decimal:
        """What it bills beyond what is booked; negative where it bills less."""
        return EXACT.subtract(self.billed_usd, self.booked_usd)


def remainders(
    match: Match, settled: Mapping[str, Decimal] = MappingProxyType({})
) -> list[Remainder]:
    """Return the remainder of every line of a match; what was booked and not billed has no line, and so none.

    Billed amounts are taken at twelve decimals, as the ledger can hold no more.

    Args:
        match: the two sides.
        settled: what was booked of lines that were posted before, by key: they keep it, the others share the rest.
    """
    claimed = [settled[line.key] for line in match.lines if line.key in settled]
    others = [line for line in match.lines if line.key not in settled]
    rest = EXACT.subtract(match.booked_usd, total(claimed))
    booked = {
        **settled,
        **dict(zip((line.key for line in others), _shared(rest, others), strict=True)),
    }
    return [Remainder(line, whole_pico(line.amount_usd), booked[line.key]) for line in match.lines]


def _shared(booked_usd: Decimal, lines: Sequence[InvoiceLine]) -> list[Decimal]:
    """Divide what is booked among lines, in proportion to what they bill, or evenly where they bill nothing."""
    if not lines:
        return []
    weights = [max(line.amount_usd, ZERO) for line in lines]
    return divided(booked_usd, weights if any(weights) else [Decimal(1)] * len(lines))
