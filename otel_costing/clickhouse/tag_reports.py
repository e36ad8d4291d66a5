"""What the rules of a collector found: calls without their mandatory tags, data that claims another team."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from otel_costing.clickhouse.reports import absent
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between


class MissingTags(NamedTuple):
    """Calls of one service that lack the same tags."""

    owner: str | None
    """Who is to see to it, as the rule names them."""
    service: str | None
    environment: str | None
    team: str | None
    """As the calls say; in quarantine it is not charged."""
    missing: str
    """The fields, by commas."""
    calls: int
    usd: Decimal | None


class SenderClaim(NamedTuple):
    """Data of one service that a sender's identity contradicts, or says nothing of."""

    kind: str
    """`team_claim` or `unknown_service`."""
    sender: str
    service: str | None
    team: str | None
    """Whose it is by the sender's identity; None where a gateway does not say."""
    claimed_team: str | None
    days: int
    first_on: date
    last_on: date
    trace_id: str
    """Of the first span it was seen on."""
    span_id: str


def missing_tags(
    store: Store,
    *,
    quarantined: bool,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[MissingTags]:
    """Return the calls in quarantine, or those that are only marked; dearest first."""
    rows = store.query("missing_tags", between(since, until))
    wanted = [absent(row) for row in rows if bool(row["is_quarantined"]) is quarantined]
    return [
        MissingTags(**{name: row[column] for name, column in _MISSING.items()}) for row in wanted
    ]


_MISSING = {**{name: name for name in MissingTags._fields}, "team": "said_team"}


def sender_claims(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[SenderClaim]:
    """Return what senders' data claims against their identities, latest first; by the day that the data ended."""
    rows = store.query("sender_claims", between(since, until))
    return [SenderClaim(**absent(row)) for row in rows]
