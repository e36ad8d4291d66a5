"""What is known of some traces -> what should be booked: pure. Every call is counted once.

`same_call` says when two spans tell of one call; in doubt both stay. Of those that do, the best informed is
booked, with the attribution of the outermost. Time grows with the number of spans, whatever their tree looks
like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import NamedTuple

from otel_costing.ancestry import Ancestry, SpanKey, ancestry
from otel_costing.attribution import Attribution
from otel_costing.ledger import call_id_of_span
from otel_costing.pricing import Cost, PricedCall
from otel_costing.same_call import Account, account_of, join_calls
from otel_costing.spans import SpanRecord
from otel_costing.usage import Unpriced

_ORIGIN = tuple(field.name for field in fields(Attribution) if field.name.startswith("origin_"))
_OWNER = tuple(field.name for field in fields(Attribution) if field.name not in _ORIGIN)


class Sighting(NamedTuple):
    """One span's account of a model call."""

    record: SpanRecord
    """Its attributes are not read here and may be gone."""
    priced: PricedCall
    attribution: Attribution
    received_ns: int

    @property
    def call_id(self) -> str:
        """Identity of the call, as far as this span knows."""
        return call_id_of_span(self.record.trace_id, self.record.span_id)


class Copy(NamedTuple):
    """An account that is not booked, because it tells of a call that is."""

    sighting: Sighting
    cause: str
    """`wrapper` where it lies around or inside the booked span, else `duplicate`."""


class Settled(NamedTuple):
    """One call: the account to book and the others."""

    booked: Sighting
    copies: tuple[Copy, ...]


class Conflict(NamedTuple):
    """One response id with several totals: all stay booked, and people should see it."""

    response_id: str
    sightings: tuple[Sighting, ...]


class Settlement(NamedTuple):
    """What should be booked."""

    calls: list[Settled]
    conflicts: list[Conflict]


def settle(sightings: Iterable[Sighting], parents: Mapping[SpanKey, str]) -> Settlement:
    """Say which calls the sightings tell of, whatever order they come in.

    Args:
        sightings: at most one of each span.
        parents: the parent's span id of every span that is known, model call or not.
    """
    ordered = sorted(sightings, key=_by_time)
    accounts = [account_of(sighting.record, sighting.priced) for sighting in ordered]
    above = ancestry([account.key for account in accounts], parents)
    calls, conflicts = join_calls(accounts, above)
    return Settlement(
        [_settled(members, ordered, accounts, above) for members in calls],
        [
            Conflict(accounts[indices[0]].response_id, tuple(ordered[i] for i in indices))
            for indices in conflicts
        ],
    )


def _by_time(sighting: Sighting) -> tuple[int, int, str, str]:
    record = sighting.record
    return (record.start_ns, -record.end_ns, record.trace_id, record.span_id)


def _settled(
    members: Sequence[int],
    sightings: Sequence[Sighting],
    accounts: Sequence[Account],
    above: Ancestry,
) -> Settled:
    if len(members) == 1:
        return Settled(sightings[members[0]], ())
    ordered = _outermost_first(members, accounts, above)
    kept = max(ordered, key=lambda i: _informedness(sightings[i]))
    together = set(members)
    nested = {i for i in members if above.calls[i] in together}
    nested |= {outer for i in nested if (outer := above.calls[i]) is not None}
    booked = sightings[kept]._replace(
        attribution=_outer_attribution([sightings[i].attribution for i in ordered])
    )
    return Settled(
        booked,
        tuple(
            Copy(sightings[i], "wrapper" if i in nested and kept in nested else "duplicate")
            for i in ordered
            if i != kept
        ),
    )


def _outermost_first(
    members: Sequence[int], accounts: Sequence[Account], above: Ancestry
) -> list[int]:
    """Order by the tree within a trace; between traces, by which of them began first and ended last."""
    spans_of: dict[str, tuple[int, int]] = {}
    for i in members:
        start_ns, minus_end_ns = spans_of.get(accounts[i].key[0], (accounts[i].start_ns, 0))
        spans_of[accounts[i].key[0]] = (
            min(start_ns, accounts[i].start_ns),
            min(minus_end_ns, -accounts[i].end_ns),
        )
    return sorted(
        members,
        key=lambda i: (spans_of[accounts[i].key[0]], accounts[i].key[0], above.depths[i], i),
    )


def _informedness(sighting: Sighting) -> tuple[int, ...]:
    """Rank accounts of one call: which has a price, the finer split, the conditions, fewer guesses."""
    call, cost = sighting.priced.call, sighting.priced.cost
    return (
        isinstance(cost, Cost),
        isinstance(cost, Cost) and cost.status == "priced",
        0 if isinstance(call.usage, Unpriced) else len(call.usage),
        call.tier != "standard",
        bool(call.region),
        -len(sighting.priced.assumptions),
        bool(call.response_id),
    )


def _outer_attribution(outermost_first: Sequence[Attribution]) -> Attribution:
    """Take each field from the outermost that knows it; the origin as one, from one of them."""
    known = {
        name: next((value for one in outermost_first if (value := getattr(one, name))), "")
        for name in _OWNER
    }
    with_origin = (one for one in outermost_first if one.origin_source != "none")
    origin = next(with_origin, outermost_first[0])
    return replace(origin, **known)
