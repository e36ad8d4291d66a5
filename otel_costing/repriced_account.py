"""What a call that nothing is charged by would cost at rates that came after it: pure.

Settling weighs all accounts of a call, and charges by one of them. A correction of rates is posted for that one alone; what
the others say is kept beside them, so that settling comes to the same whichever came first, the rates or the copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.ledger import LedgerEntry

PRICED_FIELDS = (
    "provider",
    "model",
    "service_tier",
    "status",
    "status_reason",
    "assumptions",
    "items",
    "total_usd",
    "rate_id",
    "rates_digest",
)
"""Fields of an entry that a rate decides."""
NEVER_BOOKED = -1
"""Revision of a call without a charge."""


class RepricedAccount(NamedTuple):
    """How an account was priced anew, once."""

    revision: int
    """Of the last charge that was known of the call then; `NEVER_BOOKED` where there was none."""
    generation: int
    """Counts up; of two the higher holds."""
    priced: Mapping[str, Any]
    """By `PRICED_FIELDS`."""


def at_last_rate(
    account: LedgerEntry, revision: int, repriced: RepricedAccount | None
) -> LedgerEntry:
    """Return an account at the rate by which it was priced last.

    Args:
        account: the last charge of the call, or what its span says where it has none.
        revision: of that charge; `NEVER_BOOKED` where it has none.
        repriced: what holds of how it was priced anew; older than a charge of a higher revision.
    """
    if repriced is None or repriced.revision < revision:
        return account
    return account._replace(**repriced.priced)


def is_priced_alike(one: LedgerEntry, other: LedgerEntry) -> bool:
    """Tell whether two accounts of a call say the same of its price, by whichever book."""
    names = (name for name in PRICED_FIELDS if name != "rates_digest")
    return all(getattr(one, name) == getattr(other, name) for name in names)
