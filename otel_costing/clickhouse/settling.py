"""What came later is settled together with what was known, and posted as offsetting entries.

`settlement` decides and `ledger.restate` says what to post; this asks the store for what they need. Two settlers at
once post the same entries under the same ids, so they collide and never add.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from otel_costing.aggregates import Uncovered, is_aggregate, tokens_of
from otel_costing.batch import SealedBatch, batch_of_corrections
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.related_accounts import Related, TooManyAccounts, related
from otel_costing.finding import Finding
from otel_costing.instants import ns_of
from otel_costing.ledger import AGGREGATE, LedgerEntry, Wanted, digest, restate, standing
from otel_costing.mandatory_tags import withheld
from otel_costing.response_ids import REPORT_NS
from otel_costing.settlement import Settled, Settlement, settle
from otel_costing.settlement_findings import findings_of, uncovered_usage

EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)
_TRACES_AT_ONCE = 500
_MOST_ACCOUNTS = 400_000
STILL_COMING_US = 60 * 10**6
"""A booking may become visible this much after one that bears a later instant; on a server, of another clock too."""
_FIRST_DAY = date(2015, 1, 1)


class Settleable(Protocol):
    """A ledger that can be asked and booked to."""

    connection: Connection

    def query(
        self, name: str, parameters: Mapping[str, Any] | None = None, /
    ) -> list[dict[str, Any]]:
        """Answer a query of `queries/`."""

    def book(self, batch: SealedBatch, /) -> object:
        """Write what is new."""


class SettleReport(NamedTuple):
    """What came of settling."""

    traces: int
    """Looked at, as something came for them since."""
    corrections: int
    """Calls whose charge was taken back, moved or changed."""
    entries: int
    """Posted for them."""
    refused: tuple[str, ...]
    """Why some were left as they are."""
    by_cause: tuple[tuple[str, int], ...] = ()
    """How many of the corrected calls for each cause that there was, by name."""


_NOTHING = SettleReport(0, 0, 0, ())


def settle_ledger(
    store: Settleable,
    *,
    now_ns: int,
    since: datetime | None = None,
    authorities: Iterable[str] | None = None,
) -> SettleReport:
    """Settle what was booked since the last time, and post what differs from what is booked.

    Args:
        store: the ledger.
        now_ns: nanoseconds since 1970 UTC.
        since: look at all that was booked at or after this instant instead; `EVERYTHING` for the whole ledger.
        authorities: see `settle`; those of the last settling where omitted, so that nobody undoes it by leaving
            them out.

    Raises:
        StoreUnavailable: it was cut short; settle again.
    """
    (last,) = store.query("settled_until")
    unsettled_us = max(int(last["settled_until_us"]) - STILL_COMING_US, 0)
    since_us = unsettled_us if since is None else ns_of(since) // 1_000
    taken = sorted(last["last_authorities"] if authorities is None else set(authorities))
    (touched,) = store.query("touched_since", {"since_us": since_us})
    if not touched["found"]:
        if taken != last["last_authorities"]:
            _note(store, int(last["settled_until_us"]), taken, now_ns, _NOTHING)
        return _NOTHING
    first_day = (touched["first_day"] or _FIRST_DAY) - timedelta(days=1)
    asked = {"since_us": since_us, "first_day": first_day, "report_ns": REPORT_NS}
    traces = [row["trace_id"] for row in store.query("unsettled_traces", asked)]
    report = _settle_traces(store, traces, frozenset(taken), now_ns)
    seen_us = touched["latest_us"] if since_us <= unsettled_us else int(last["settled_until_us"])
    _note(store, seen_us, taken, now_ns, report)
    return report


def _settle_traces(
    store: Settleable, traces: Iterable[str], authorities: Container[str], now_ns: int
) -> SettleReport:
    done: set[str] = set()
    causes: Counter[str] = Counter()
    entries = 0
    refused: list[str] = []
    for part in parts(list(traces), _TRACES_AT_ONCE):
        waiting = [trace_id for trace_id in part if trace_id not in done]
        for known in _in_memory(store, waiting, refused):
            done |= known.traces
            posted = _settle_related(store, known, authorities, now_ns)
            causes.update({entry.call_id: entry.cause for entry in posted}.values())
            entries += len(posted)
        done.update(waiting)
    by_cause = tuple(sorted(causes.items()))
    return SettleReport(len(done), causes.total(), entries, tuple(refused), by_cause)


def _in_memory(store: Settleable, traces: list[str], refused: list[str]) -> Iterator[Related]:
    """Yield what is related to `traces`: all at once, or one by one where that is too much."""
    try:
        yield related(store.query, traces, most=_MOST_ACCOUNTS)
    except TooManyAccounts as too_many:
        if len(traces) == 1:
            refused.append(f"trace {traces[0]}: {too_many}")
            return
        for trace_id in traces:
            yield from _in_memory(store, [trace_id], refused)


def _settle_related(
    store: Settleable, known: Related, authorities: Container[str], now_ns: int
) -> list[LedgerEntry]:
    settlement = settle(known.accounts, known.parents, authorities)
    entries = restate(known.booked, dict(_wanted(settlement, known.booked)))
    findings = [*findings_of(settlement), *_no_longer_uncovered(store, settlement)]
    if entries or findings:
        store.book(batch_of_corrections(entries, findings, now_ns))
    return entries


def _wanted(settlement: Settlement, booked: Iterable[LedgerEntry]) -> Iterator[tuple[str, Wanted]]:
    by_call: dict[str, list[LedgerEntry]] = {}
    for entry in booked:
        by_call.setdefault(entry.call_id, []).append(entry)
    for call in settlement.calls:
        stands = standing(by_call.get(call.booked.call_id, ())) is not None
        yield call.booked.call_id, Wanted(withheld(call.booked), _cause(call, stands=stands))
        for copy in call.copies:
            yield copy.account.call_id, Wanted(None, copy.cause)
    for aggregate in settlement.aggregates:
        yield aggregate.call_id, Wanted(None, "wrapper")


def _cause(call: Settled, *, stands: bool) -> str:
    """Say why a call is charged anew: for another owner, or in place of another account of it, or late."""
    if stands:
        return "attribution"
    if is_aggregate(call.booked) and not call.copies:
        return AGGREGATE
    return call.copies[0].cause if call.copies else "duplicate"


def _no_longer_uncovered(store: Settleable, settlement: Settlement) -> Iterator[Finding]:
    """Yield, for each aggregate that was once found to say more than its calls and no longer does, that it is even."""
    traces = sorted({one.trace_id for one in settlement.aggregates})
    found = {
        row["call_id"]: row["last_detail"]
        for part in parts(traces, _TRACES_AT_ONCE)
        for row in store.query("uncovered_usage", {"trace_ids": list(part)})
    }
    still = {one.aggregate.call_id for one in settlement.uncovered}
    for one in settlement.aggregates:
        said = tokens_of(one)
        if one.call_id in found and one.call_id not in still and said is not None:
            yield uncovered_usage(Uncovered(one, said, said))


def _note(
    store: Settleable,
    settled_until_us: int,
    authorities: list[str],
    now_ns: int,
    report: SettleReport,
) -> None:
    row: dict[str, list[object]] = {
        "settled_until": [settled_until_us],
        "authorities": [authorities],
        "traces": [report.traces],
        "corrections": [report.corrections],
    }
    token = digest("settlements", str(settled_until_us), str(now_ns), str(report), *authorities)
    store.connection.insert("settlements", row, token=token)
