"""Which rows of a sealed batch are new to the ledger, by their ids: pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from otel_costing.batch import SealedBatch
from otel_costing.finding import Finding, contradiction
from otel_costing.ledger import AGGREGATE, LedgerEntry


class Known(NamedTuple):
    """What the ledger already holds of the calls that a batch names."""

    entries: Mapping[str, str]
    """Content digest by entry id."""
    calls: frozenset[str]
    """Calls with an entry."""
    absorbed: Mapping[str, str]
    """Calls that are not booked, and the booked call that stands for each."""
    begun: frozenset[str] = frozenset()
    """Entries that an earlier attempt at this batch wrote before it was cut short."""
    traces: frozenset[str] = frozenset()
    """Those with a call that may stand beneath an aggregate of the batch."""


class Judged(NamedTuple):
    """What remains to be written."""

    entries: list[LedgerEntry]
    duplicates: int
    conflicts: list[Finding]
    findings: list[Finding]
    """Of the batch, as they hold in this ledger."""
    deferred: list[LedgerEntry]
    """Aggregates that are charged only if settling finds nothing beneath them: mostly it was booked before."""
    begun: int = 0
    """Entries of this batch that an earlier attempt wrote."""


def judge(batch: SealedBatch, known: Known) -> Judged:
    """Keep the entries whose ids are new, and whose call no booked one stands for.

    Same id and same content is a duplicate; same id and other content keeps the first and is a conflict. A
    call that an earlier batch booked by another of its spans stays with that one. An agent ends after the calls
    beneath it, so its span often comes in a later batch: where its trace has calls, it waits for the settling.
    """
    copies: dict[str, list[str]] = defaultdict(list)
    for finding in batch.findings:
        if finding.of_call_id:
            copies[finding.of_call_id].append(finding.call_id)
    judged = Judged([], 0, [], [], [])
    stands_for: dict[str, str] = {}
    stated = dict(known.entries)
    overtaken = set(_overtaken(batch, known))
    for entry in batch.entries:
        booked = stated.get(entry.entry_id)
        if booked is not None:
            if booked != entry.content_digest:
                judged.conflicts.append(contradiction(entry, booked))
            continue
        if (entry.call_id, entry.revision) in overtaken:
            continue
        other = None if batch.corrects else _stand_in(entry, copies[entry.call_id], known)
        if other is not None:
            stands_for[entry.call_id] = other
            judged.findings.append(_absorbed(entry, other))
            continue
        if not batch.corrects and _may_repeat(entry, known) and not copies[entry.call_id]:
            judged.deferred.append(entry)
            continue
        stated[entry.entry_id] = entry.content_digest
        judged.entries.append(entry)
    judged.findings.extend(
        batch.findings if batch.corrects else _still_true(batch.findings, known, stands_for)
    )
    begun = len(known.begun.intersection(one.entry_id for one in batch.entries))
    kept = len(judged.entries) + len(judged.conflicts) + begun
    return judged._replace(duplicates=len(batch.entries) - kept, begun=begun)


def _overtaken(batch: SealedBatch, known: Known) -> Iterator[tuple[str, int]]:
    """Yield the charges, by call and revision, of a correction that came second.

    What it takes back another has taken back since it was drawn up, and has decided whether anything is charged instead.
    """
    if batch.corrects:
        for entry in batch.entries:
            if entry.kind == "reversal" and entry.entry_id in known.entries:
                yield entry.call_id, entry.revision + 1


def _stand_in(entry: LedgerEntry, copies: Iterable[str], known: Known) -> str | None:
    if entry.call_id in known.calls:
        return None
    if entry.call_id in known.absorbed:
        return known.absorbed[entry.call_id]
    for copy in copies:
        if copy in known.calls:
            return copy
        if copy in known.absorbed and known.absorbed[copy] != entry.call_id:
            return known.absorbed[copy]
    return None


def _may_repeat(entry: LedgerEntry, known: Known) -> bool:
    is_new = entry.cause == AGGREGATE and entry.call_id not in known.calls
    return is_new and entry.trace_id in known.traces


def _absorbed(entry: LedgerEntry, of_call_id: str) -> Finding:
    return Finding(
        kind="duplicate",
        call_id=entry.call_id,
        of_call_id=of_call_id,
        entry_id="",
        trace_id=entry.trace_id,
        span_id=entry.span_id,
        ended_ns=entry.ended_ns,
        detail=json.dumps({"scope": entry.scope}),
    )


def _still_true(
    findings: Iterable[Finding], known: Known, stands_for: Mapping[str, str]
) -> Iterable[Finding]:
    for finding in findings:
        if not finding.of_call_id:
            yield finding
        elif finding.call_id not in known.calls and finding.call_id not in known.absorbed:
            yield finding._replace(
                of_call_id=stands_for.get(finding.of_call_id, finding.of_call_id)
            )
