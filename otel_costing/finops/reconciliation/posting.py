"""What is posted of a line of an invoice, and who bears it: decided once, and booked as it was decided. Pure.

A line is settled by its first posting: whatever the ledger becomes, the same line posts nothing more. Where a later
export bills another amount for it, such as for a day that was not over, it is compared anew with what is booked then, and
what its postings lack is posted, in the proportions of before. Undoing takes back all that was posted of a line, which
then is as new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from otel_costing.adjustments import BilledLine, Share, Target, adjustment
from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.finops.reconciliation.allocation import allocated
from otel_costing.finops.reconciliation.remainders import Remainder
from otel_costing.ledger import LedgerEntry


class Action(StrEnum):
    """Why something was posted of a line."""

    POSTED = "posted"
    CORRECTED = "corrected"
    UNDONE = "undone"


class Posting(NamedTuple):
    """One decision about one line. Exact USD of twelve decimals, instants in nanoseconds since 1970 UTC."""

    provider: str
    line_key: str
    posting: int
    """0 for the first of the line."""
    action: str
    source_document: str
    document_name: str
    place: str
    provider_account: str
    billed_as: str
    line_kind: str
    model: str
    meter: str
    start_ns: int
    end_ns: int
    billed_usd: Decimal
    """0 where it is undone."""
    booked_usd: Decimal
    posted_usd: Decimal
    """The sum of the shares."""
    shares: tuple[Share, ...]
    note: str
    sealed_ns: int = 0
    """Set by the store."""
    format: str = ""
    """Of the export, as `InvoiceLine` has it."""


def next_posting(
    one: Remainder,
    earlier: Sequence[Posting],
    basis: Mapping[Target, Decimal],
    *,
    document_name: str,
    note: str,
) -> Posting | None:
    """Return what is to be posted of a line; None where it is settled as it is.

    Args:
        one: the line, and what is booked of it.
        earlier: what was posted of it, from first to last.
        basis: matched cost of its match by target; read for a first posting only.
        document_name: file name of the export.
        note: of the person who posts.
    """
    blank = _blank(one, earlier, document_name, note)
    if not stands(earlier):
        return _with_shares(blank, Action.POSTED, allocated(one.usd, basis))
    last = earlier[-1]
    if settled_usd(earlier, one.billed_usd) is not None:
        return None
    ratios = {share.target: share.basis_usd for share in last.shares}
    lacking = EXACT.subtract(one.usd, net_usd(earlier))
    return _with_shares(blank, Action.CORRECTED, allocated(lacking, ratios))


def undoing(earlier: Sequence[Posting], note: str) -> Posting | None:
    """Return what takes back all that was posted of a line; None where nothing stands of it."""
    if not stands(earlier):
        return None
    last = earlier[-1]
    net: dict[Target, Decimal] = {}
    for share in (share for posting in earlier for share in posting.shares):
        net[share.target] = EXACT.add(net.get(share.target, ZERO), share.amount_usd)
    bases = {share.target: share.basis_usd for share in last.shares}
    shares = tuple(
        Share(target, bases.get(target, ZERO), EXACT.minus(net[target])) for target in sorted(net)
    )
    blank = last._replace(posting=last.posting + 1, billed_usd=ZERO, note=note, sealed_ns=0)
    return _with_shares(blank, Action.UNDONE, shares)


def settled_usd(earlier: Sequence[Posting], billed_usd: Decimal) -> Decimal | None:
    """Return what is booked of a line, as its postings say; None where none settles it at what it bills."""
    if not stands(earlier) or earlier[-1].billed_usd != billed_usd:
        return None
    return earlier[-1].booked_usd


def net_usd(earlier: Sequence[Posting]) -> Decimal:
    """Return what stands in the ledger of the postings of one line."""
    return total(posting.posted_usd for posting in earlier)


def entries_of(posting: Posting) -> list[LedgerEntry]:
    """Return the adjustments of a posting, each of one share; none of nothing."""
    billed = BilledLine(
        source_document=posting.source_document,
        line=f"{posting.line_key}/{posting.posting}",
        call_id=posting.line_key,
        revision=posting.posting,
        provider=posting.provider,
        provider_account=posting.provider_account,
        model=posting.model,
        meter=posting.meter,
        occurred_ns=posting.start_ns,
        received_ns=posting.sealed_ns,
    )
    of_usd = total(share.basis_usd for share in posting.shares)
    return [adjustment(billed, share, of_usd) for share in posting.shares if share.amount_usd]


def stands(earlier: Sequence[Posting]) -> bool:
    """Tell whether a line is posted and was not undone."""
    return bool(earlier) and earlier[-1].action != Action.UNDONE


def _blank(one: Remainder, earlier: Sequence[Posting], document_name: str, note: str) -> Posting:
    line = one.line
    return Posting(
        provider=line.provider,
        line_key=line.key,
        posting=len(earlier),
        action="",
        source_document=line.document,
        document_name=document_name,
        place=line.place,
        provider_account=line.account,
        billed_as=line.billed_as,
        line_kind=line.kind.value,
        model=line.model,
        meter=line.meter,
        start_ns=line.start_ns,
        end_ns=line.end_ns,
        billed_usd=one.billed_usd,
        booked_usd=one.booked_usd,
        posted_usd=ZERO,
        shares=(),
        note=note,
        format=line.format,
    )


def _with_shares(posting: Posting, action: Action, shares: tuple[Share, ...]) -> Posting:
    posted = total(share.amount_usd for share in shares)
    return posting._replace(action=action.value, posted_usd=posted, shares=shares)
