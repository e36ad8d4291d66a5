"""What an invoice bills beyond the ledger, or short of it, as entries beside the calls: pure.

An adjustment is of no call and counts as none: it has `call_id` and `revision` of its own, the line of the invoice and
how often that was posted, and is never taken back, only offset.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from otel_costing.attribution import Attribution
from otel_costing.entry import sealed
from otel_costing.ledger import Item, LedgerEntry, digest
from otel_costing.meters import METERS

CAUSE = "invoice"
LINE_TAG = "invoice_line"
"""The tag that holds which posting of which line it is."""
BASIS_TAG, OF_TAG = "allocated_basis_usd", "allocated_of_usd"
"""The tags that hold the ratio of a share: matched cost of its target, and of all targets of the line."""


class Target(NamedTuple):
    """Who bears a share. All empty: nobody, it is unallocated.

    Never a call, a run, a user or a customer: an invoice knows none of them, and what it is allocated to must stay few.
    """

    team: str = ""
    project: str = ""
    workflow: str = ""
    feature: str = ""
    environment: str = ""
    purpose: str = ""
    origin_team: str = ""
    origin_workflow: str = ""
    origin_feature: str = ""


UNALLOCATED = Target()


class Share(NamedTuple):
    """One target's part of an amount. Exact USD."""

    target: Target
    basis_usd: Decimal
    """Its matched cost, by which the amount was divided; 0 where nothing matched."""
    amount_usd: Decimal
    """Of twelve decimals."""


class BilledLine(NamedTuple):
    """The line of an invoice that an adjustment is of. Instants in nanoseconds since 1970 UTC."""

    source_document: str
    """Digest of the export that it was posted from."""
    line: str
    """Which posting of which line."""
    call_id: str
    revision: int
    provider: str
    provider_account: str
    model: str
    meter: str
    occurred_ns: int
    """Within the interval that the line is for."""
    received_ns: int


def adjustment_id(source_document: str, line: str, target: Target) -> str:
    """Return the identity of one adjustment."""
    return digest("adjustment", source_document, line, digest(*target))


def adjustment(billed: BilledLine, share: Share, of_usd: Decimal) -> LedgerEntry:
    """Return the entry of one share.

    Args:
        billed: what it is a share of.
        share: whose, and how much.
        of_usd: the basis of all shares of the line together.
    """
    target = share.target
    return sealed(
        _BLANK._replace(
            entry_id=adjustment_id(billed.source_document, billed.line, target),
            call_id=billed.call_id,
            revision=billed.revision,
            occurred_ns=billed.occurred_ns,
            started_ns=billed.occurred_ns,
            ended_ns=billed.occurred_ns,
            received_ns=billed.received_ns,
            provider=billed.provider,
            model=billed.model,
            provider_account=billed.provider_account,
            attribution=_attribution(target),
            items=(_item(billed.meter, share.amount_usd),),
            total_usd=share.amount_usd,
            source_document=billed.source_document,
            tags=_tags(billed.line, share, of_usd),
        )
    )


def adjustment_id_of(entry: LedgerEntry) -> str:
    """Return the identity that an adjustment should have, by what else stands in its row."""
    target = Target(*(getattr(entry.attribution, name) for name in Target._fields))
    return adjustment_id(entry.source_document, dict(entry.tags).get(LINE_TAG, ""), target)


def _attribution(target: Target) -> Attribution:
    has_origin = any((target.origin_team, target.origin_workflow, target.origin_feature))
    return Attribution(**target._asdict(), origin_source="root" if has_origin else "none")


def _item(meter: str, amount_usd: Decimal) -> Item:
    """Return the one line of an adjustment: an amount without a quantity or a price."""
    known = METERS.get(meter)
    unit, per = (known.unit, known.per) if known else ("", 1)
    return Item(meter, 0, unit, None, None, per, amount_usd, amount_usd)


def _tags(line: str, share: Share, of_usd: Decimal) -> tuple[tuple[str, str], ...]:
    if not of_usd:
        return ((LINE_TAG, line),)
    return ((LINE_TAG, line), (BASIS_TAG, f"{share.basis_usd:f}"), (OF_TAG, f"{of_usd:f}"))


_BLANK = LedgerEntry(
    entry_id="",
    call_id="",
    kind="adjustment",
    revision=0,
    sign=0,
    cause=CAUSE,
    content_digest="",
    occurred_ns=0,
    started_ns=0,
    ended_ns=0,
    received_ns=0,
    trace_id="",
    span_id="",
    parent_span_id="",
    response_id="",
    provider="",
    model="",
    request_model="",
    response_model="",
    operation="",
    service_tier="",
    region="",
    provider_account="",
    attribution=Attribution(),
    service="",
    scope="",
    status="priced",
    status_reason="",
    assumptions=(),
    items=(),
    total_usd=None,
    rate_id="",
    rates_digest="",
    reported_usd=None,
    reported_by="",
    duration_ms=0,
    error_type="",
    sender="",
    dialect="",
    source_document="",
    tags=(),
)
