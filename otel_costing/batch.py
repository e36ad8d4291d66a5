"""Spans -> a sealed batch of rows for the ledger: priced, settled, digested. Pure; the store only writes it.

A batch is sealed before the first attempt to store it, so that every attempt carries the same rows.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from otel_costing.ancestry import Parents, SpanKey
from otel_costing.evaluations import Evaluation
from otel_costing.examined import NO_BOOKS, Examined, examine
from otel_costing.finding import Finding, contradiction
from otel_costing.ledger import LedgerEntry, digest
from otel_costing.mandatory_tags import findings_of_missing, withheld
from otel_costing.outcomes import Outcome, conflict_of
from otel_costing.promoted import Promoted
from otel_costing.rates import RateBook
from otel_costing.sealed_batch import BookedRate, Counts, SealedBatch
from otel_costing.settlement import settle, sightings_of
from otel_costing.settlement_findings import findings_of
from otel_costing.skeleton import Skeleton
from otel_costing.spans import SpanRecord

__all__ = [
    "BookedRate",
    "Counts",
    "Examined",
    "SealedBatch",
    "batch_of",
    "batch_of_corrections",
    "examine",
    "halves",
    "keys_of",
    "rates_of",
    "seal",
]

_Told = TypeVar("_Told", Evaluation, Outcome)


def batch_of(
    records: Iterable[SpanRecord],
    rates: RateBook,
    received_ns: int,
    *,
    backfill: bool = False,
    promoted: Promoted = (),
) -> SealedBatch:
    """Price, settle and seal the spans of one batch; see `examine` and `seal`."""
    examined = [
        examine(record, rates, received_ns, backfill=backfill, promoted=promoted)
        for record in records
    ]
    (batch,) = seal(examined, rates, received_ns, largest=max(len(examined), 1))
    return batch


def seal(
    examined: Sequence[Examined],
    rates: RateBook,
    received_ns: int,
    *,
    largest: int,
    authorities: Container[str] = (),
    earlier: Mapping[str, RateBook] = NO_BOOKS,
    evaluations: Iterable[Evaluation] = (),
    outcomes: Iterable[Outcome] = (),
) -> list[SealedBatch]:
    """Settle all that was examined together, and seal it in batches of at most `largest` rows of a kind.

    A span that comes twice is taken once: the first. Where the second states another cost, that is a
    finding. `evaluations` and `outcomes` are those that came without a span.
    """
    first, repeated = _first_of_each(examined)
    spans = list(first.values())
    accounts = (one.account for one in spans if one.account is not None)
    parents = Parents(first, lambda one: one.skeleton.parent_span_id)
    settlement = settle(accounts, parents, authorities)
    booked = [withheld(call.booked) for call in settlement.calls]
    found = [one for each in examined if each.findings for one in each.findings]
    told = [*chain.from_iterable(one.outcomes for one in examined), *outcomes]
    daily = {
        one.call_id: one
        for one in (*found, *findings_of_missing(booked), *_outcome_conflicts(told))
    }
    rows = _Rows(
        booked,
        [one.skeleton for one in spans],
        sightings_of(settlement),
        [
            *findings_of(settlement),
            *_contradictions(repeated),
            *daily.values(),
        ],
        _each_once(chain(chain.from_iterable(one.evaluations for one in examined), evaluations)),
        _each_once(told),
    )
    books = {**earlier, rates.digest: rates}
    copies = sum(len(call.copies) for call in settlement.calls)
    again = Counts(spans=len(examined) - len(spans), copies=copies + sum(1 for _ in repeated))
    return [
        _sealed(part, again if position == 0 else Counts(), books, received_ns)
        for position, part in enumerate(rows.parts(largest))
    ]


def batch_of_corrections(
    entries: Sequence[LedgerEntry],
    findings: Sequence[Finding],
    received_ns: int,
    books: Mapping[str, RateBook] = NO_BOOKS,
) -> SealedBatch:
    """Seal what a correction posts; its spans are on record, and its rates, unless they are of one of `books`."""
    rows = _Rows(entries, (), (), findings)
    return SealedBatch(
        _batch_id(rows),
        received_ns,
        tuple(entries),
        (),
        tuple(findings),
        rates_of(entries, books),
        Counts(),
        corrects=True,
    )


def halves(batch: SealedBatch) -> tuple[SealedBatch, SealedBatch] | None:
    """Cut a batch in two, so that what is wrong in it can be found; None where nothing is left to cut.

    All that a span tells stays together.
    """
    keys = keys_of(batch)
    if len(keys) < 2:
        return None
    first = frozenset(keys[: len(keys) // 2])
    return _part(batch, first, is_first=True), _part(batch, first, is_first=False)


def keys_of(batch: SealedBatch) -> list[tuple[str, str]]:
    """Return the ids of all spans of which a batch has a row, and the keys of its evaluations and outcomes."""
    told = {(one.trace_id, one.span_id) for one in (*batch.entries, *batch.sightings)}
    spans = {(one.trace_id, one.span_id) for one in batch.spans}
    evaluations = {one.key for one in batch.evaluations}
    outcomes = {one.key for one in batch.outcomes}
    return sorted(told | spans | evaluations | outcomes)


def _part(batch: SealedBatch, first: frozenset[tuple[str, str]], *, is_first: bool) -> SealedBatch:
    rows = _Rows(
        [one for one in batch.entries if ((one.trace_id, one.span_id) in first) is is_first],
        [one for one in batch.spans if ((one.trace_id, one.span_id) in first) is is_first],
        [one for one in batch.sightings if ((one.trace_id, one.span_id) in first) is is_first],
        [one for one in batch.findings if ((one.trace_id, one.span_id) in first) is is_first],
        [one for one in batch.evaluations if (one.key in first) is is_first],
        [one for one in batch.outcomes if (one.key in first) is is_first],
    )
    return batch._replace(
        batch_id=_batch_id(rows),
        entries=tuple(rows.entries),
        spans=tuple(rows.spans),
        sightings=tuple(rows.sightings),
        findings=tuple(rows.findings),
        evaluations=tuple(rows.evaluations),
        outcomes=tuple(rows.outcomes),
        counts=_counts(rows.entries, rows.spans),
    )


class _Rows(NamedTuple):
    entries: Sequence[LedgerEntry]
    spans: Sequence[Skeleton]
    sightings: Sequence[LedgerEntry]
    findings: Sequence[Finding]
    evaluations: Sequence[Evaluation] = ()
    outcomes: Sequence[Outcome] = ()

    def parts(self, largest: int) -> Iterable[_Rows]:
        """Cut into at most `largest` of each kind; the first part is there even if it is empty."""
        most = max(len(some) for some in self)
        for start in range(0, max(most, 1), largest):
            part = slice(start, start + largest)
            yield _Rows(
                self.entries[part],
                self.spans[part],
                self.sightings[part],
                self.findings[part],
                self.evaluations[part],
                self.outcomes[part],
            )


def _first_of_each(
    examined: Iterable[Examined],
) -> tuple[dict[SpanKey, Examined], list[tuple[LedgerEntry, LedgerEntry]]]:
    first: dict[SpanKey, Examined] = {}
    repeated = []
    for one in examined:
        key = (one.skeleton.trace_id, one.skeleton.span_id)
        kept = first.setdefault(key, one)
        if kept.account is None and one.account is not None:
            # A copy that lost its attributes on the way says nothing against the call.
            first[key] = one
        elif kept is not one and kept.account and one.account:
            repeated.append((kept.account, one.account))
    return first, repeated


def _each_once(told: Iterable[_Told]) -> list[_Told]:
    once: dict[tuple[str, str], _Told] = {}
    for one in told:
        once.setdefault(one.key, one)
    return list(once.values())


def _outcome_conflicts(told: Iterable[Outcome]) -> Iterable[Finding]:
    kept: dict[str, str] = {}
    for one in told:
        first = kept.setdefault(one.outcome_id, one.content_digest)
        if first != one.content_digest:
            yield conflict_of(one, first)


def _contradictions(repeated: Iterable[tuple[LedgerEntry, LedgerEntry]]) -> Iterable[Finding]:
    for kept, said in repeated:
        if kept.content_digest != said.content_digest:
            yield contradiction(said, kept.content_digest)


def _sealed(
    rows: _Rows, again: Counts, books: Mapping[str, RateBook], received_ns: int
) -> SealedBatch:
    return SealedBatch(
        batch_id=_batch_id(rows),
        received_ns=received_ns,
        entries=tuple(rows.entries),
        spans=tuple(rows.spans),
        findings=tuple(rows.findings),
        rates=rates_of((*rows.entries, *rows.sightings), books),
        counts=_counts(rows.entries, rows.spans).plus(again),
        sightings=tuple(rows.sightings),
        evaluations=tuple(rows.evaluations),
        outcomes=tuple(rows.outcomes),
    )


def rates_of(
    entries: Iterable[LedgerEntry], books: Mapping[str, RateBook]
) -> tuple[BookedRate, ...]:
    """Return the rates that price some entries, out of the books by their digests."""
    used = {
        (entry.provider, entry.model, entry.rate_id, entry.rates_digest)
        for entry in entries
        if entry.rate_id
    }
    return tuple(
        BookedRate(rate, rates_digest)
        for provider, model, rate_id, rates_digest in sorted(used)
        if (book := books.get(rates_digest)) is not None
        for rate in book.rates_of(provider, model)
        if rate.id == rate_id
    )


def _counts(entries: Sequence[LedgerEntry], spans: Sequence[Skeleton]) -> Counts:
    statuses = [entry.status for entry in entries]
    return Counts(
        spans=len(spans),
        billable_calls=len(entries),
        priced=statuses.count("priced"),
        partial=statuses.count("partial"),
        unpriced=statuses.count("unpriced"),
    )


def _batch_id(rows: _Rows) -> str:
    told = (*rows.entries, *rows.sightings)
    return digest(
        "\n".join([f"{one.entry_id} {one.content_digest} {_said(one)}" for one in told]),
        "\n".join([f"{span.trace_id} {span.span_id}" for span in rows.spans]),
        *(finding.finding_id for finding in rows.findings),
        *(evaluation.evaluation_id for evaluation in rows.evaluations),
        *(f"{one.outcome_id} {one.content_digest}" for one in rows.outcomes),
    )


def _said(entry: LedgerEntry) -> str:
    # No value of an attribution holds a control character.
    if not entry.promoted:
        return "\t".join(entry.attribution)
    promoted = (text for pair in entry.promoted for text in pair)
    return "\t".join((*entry.attribution, *promoted))
