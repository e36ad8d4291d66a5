"""One line of what a provider billed, whatever its export looks like: pure."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a line is for."""

    USAGE = "usage"
    """Tokens, requests, seconds: what a rate table prices."""
    FEE = "fee"
    """Seats, commitments, support: no quantity of any call."""
    CREDIT = "credit"
    TAX = "tax"
    ADJUSTMENT = "adjustment"
    """The provider's own correction of earlier lines."""
    OTHER = "other"


class InvoiceLine(NamedTuple):
    """One amount that was billed. Exact decimals, instants in nanoseconds since 1970 UTC."""

    document: str
    """Which export it stands in, by a digest of its content, for people beside the file's name."""
    key: str
    """Which line it is: equal in every export that repeats it, whatever else the file holds."""
    place: str
    """File and line, or file and path within it."""
    provider: str
    """Canonical, as in the ledger."""
    account: str
    """Organisation, project, workspace or subscription; empty where the export does not say."""
    start_ns: int
    end_ns: int
    """The interval it is for, half open; a provider's day where it bills by days."""
    model: str
    """Canonical where the rate book knows it, else as billed; empty where the line is of no model."""
    billed_as: str
    """The line item, SKU or usage type as the provider names it."""
    meter: str
    """Of `meters.yaml`; empty where the line is of none, or of none that is known."""
    quantity: Decimal | None
    """In single units of the meter; None where the export gives none."""
    amount_usd: Decimal
    """Negative for credits."""
    kind: Kind
    description: str
    format: str = ""
    """Of `formats.yaml`, whichever way it is written; empty where nobody knows."""
