"""A ledger that is nothing but lists: what the store must come to, by the pure functions it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otel_costing.ancestry import SpanKey
from otel_costing.batch import Examined, SealedBatch, seal
from otel_costing.clickhouse.key_guard import Known, judge
from otel_costing.ledger import AGGREGATE, LedgerEntry, Wanted, restate, standing
from otel_costing.rates import default_rates
from otel_costing.settlement import Settlement, settle

LATE_NS = 1_795_348_800 * 10**9 + 60 * 10**9


class LedgerInMemory:
    """Books batches and settles what is known after each."""

    def __init__(self) -> None:
        """Begin empty."""
        self.entries: dict[str, LedgerEntry] = {}
        self._sightings: dict[str, LedgerEntry] = {}
        self._parents: dict[SpanKey, str] = {}
        self._absorbed: dict[str, str] = {}

    def take(self, examined: Sequence[Examined], *, largest: int = 10_000) -> list[LedgerEntry]:
        """Seal, book and settle; return the corrections."""
        self.receive(examined, largest=largest)
        return self.settle()

    def receive(self, examined: Sequence[Examined], *, largest: int = 10_000) -> None:
        """Seal and book, and leave it to a later settling."""
        for batch in seal(examined, default_rates(), LATE_NS, largest=largest):
            self.book(batch)

    def book(self, batch: SealedBatch) -> None:
        """Write what is new."""
        calls = self._calls()
        absorbed = self._standing_in(calls)
        known = Known(self._digests(), calls, absorbed, traces=self._with_calls(batch))
        judged = judge(batch, known)
        for finding in judged.findings:
            if finding.kind in {"duplicate", "wrapper"}:
                self._absorbed.setdefault(finding.call_id, finding.of_call_id)
        for one in (*batch.sightings, *judged.deferred):
            self._sightings.setdefault(one.call_id, one)
        self._post(judged.entries)
        for span in batch.spans:
            self._parents.setdefault((span.trace_id, span.span_id), span.parent_span_id)

    def settle(self) -> list[LedgerEntry]:
        """Settle everything and post what differs."""
        settlement = settle(self._accounts(), self._parents)
        posted = restate(self.entries.values(), wanted_of(settlement))
        self._post(posted)
        return posted

    def stands(self) -> list[LedgerEntry]:
        """Return the charges that nothing takes back."""
        of_calls = (standing(entries) for entries in self._by_call().values())
        return [one for one in of_calls if one is not None]

    def _accounts(self) -> Iterable[LedgerEntry]:
        by_call = self._by_call()
        for call_id, entries in by_call.items():
            charges = sorted(
                (one for one in entries if one.kind == "charge"), key=lambda one: one.revision
            )
            told = self._sightings.get(call_id, charges[0])
            told = told if told.received_ns == charges[0].received_ns else charges[0]
            yield charges[-1]._replace(attribution=told.attribution, cause=told.cause)
        yield from (one for one in self._sightings.values() if one.call_id not in by_call)

    def _by_call(self) -> dict[str, list[LedgerEntry]]:
        by_call: dict[str, list[LedgerEntry]] = {}
        for entry in self.entries.values():
            by_call.setdefault(entry.call_id, []).append(entry)
        return by_call

    def _post(self, entries: Iterable[LedgerEntry]) -> None:
        for entry in entries:
            self.entries.setdefault(entry.entry_id, entry)

    def _digests(self) -> dict[str, str]:
        return {entry_id: entry.content_digest for entry_id, entry in self.entries.items()}

    def _calls(self) -> frozenset[str]:
        return frozenset(entry.call_id for entry in self.entries.values())

    def _with_calls(self, batch: SealedBatch) -> frozenset[str]:
        aggregates = {one.call_id for one in batch.entries if one.cause == AGGREGATE}
        accounts = (*self.entries.values(), *self._sightings.values())
        return frozenset(one.trace_id for one in accounts if one.call_id not in aggregates)

    def _standing_in(self, calls: frozenset[str]) -> dict[str, str]:
        return {call: other for call, other in self._absorbed.items() if other in calls}


def wanted_of(settlement: Settlement) -> dict[str, Wanted]:
    """Return what should stand, call by call."""
    wanted = {one.booked.call_id: Wanted(one.booked, "attribution") for one in settlement.calls}
    for call in settlement.calls:
        wanted.update((copy.account.call_id, Wanted(None, copy.cause)) for copy in call.copies)
    wanted.update((one.call_id, Wanted(None, "wrapper")) for one in settlement.aggregates)
    return wanted
