"""How long it takes to settle a large trace in memory, and the few calls of a ledger that came in two batches."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from otel_costing.ancestry import SpanKey
from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.benchmarks.measure import Figure, cpu_us, spread_of
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

_SPANS = (10_000, 50_000, 100_000)
_ROUNDS = 5
_CALLS = 20_000
_CALLS_OF_TRACE = 10
_WRAPPED_LATE = 20
"""Every how-manieth call is found to have a wrapper: five of a hundred."""
_LEDGERS = 3


def figures() -> list[Figure]:
    """Measure settling in memory, by the processor's clock, and in the store, by the one on the wall."""
    return [*map(_in_memory, _SPANS), _in_store()]


def _in_memory(spans: int) -> Figure:
    accounts, parents = _large_trace(spans)
    work = partial(settle, accounts, parents)
    each = [cpu_us(work, 1) / spans for _ in range(_ROUNDS)]
    return Figure(f"settle a trace of {spans:,} spans: each", spread_of(each), "us", None)


def _large_trace(spans: int) -> tuple[list[LedgerEntry], dict[SpanKey, str]]:
    """Make a trace of an agent: of five spans one is a call, one its wrapper, three are neither."""
    calls = spans // 5
    ends_ns = NOON + (calls + 1) * SECOND
    accounts = [sighting(record(0, scope="agents", end_ns=ends_ns), cause=AGGREGATE)]
    parents = {(TRACE, hex_id(0)): ""}
    for number in range(calls):
        wrapper, call = 5 * number + 1, 5 * number + 2
        at_ns = NOON + number * SECOND
        accounts.append(sighting(record(wrapper, 0, scope="framework", start_ns=at_ns)))
        accounts.append(sighting(record(call, wrapper, scope="client", start_ns=at_ns)))
        parents |= {(TRACE, hex_id(call + 1 + n)): hex_id(call) for n in range(3)}
    parents.update(((TRACE, one.span_id), one.parent_span_id) for one in accounts)
    return accounts, parents


def _in_store() -> Figure:
    with TemporaryDirectory() as directory:
        found = [_settled_late_ms(Path(directory), number) for number in range(_LEDGERS)]
    what = f"settle a ledger of {_CALLS // 1000}k calls, 5 % of them"
    return Figure(what, spread_of(found), "ms", None)


def _settled_late_ms(directory: Path, number: int) -> float:
    with Store.open(f"chdb://{directory}?database=bench_{number}") as store:
        _book(store, _calls(), NOON)
        store.settle(now_ns=NOON)
        _book(store, _late_wrappers(), NOON + SECOND)
        before_s = time.perf_counter()
        corrected = store.settle(now_ns=NOON + 2 * SECOND).corrections
        elapsed_s = time.perf_counter() - before_s
    if corrected < _CALLS // _WRAPPED_LATE:
        raise SystemExit(f"only {corrected} calls were settled")
    return elapsed_s * 1000


def _book(store: Store, examined: Iterable[Examined], at_ns: int) -> None:
    for batch in seal(list(examined), default_rates(), at_ns, largest=10_000):
        store.book(batch)


def _calls() -> Iterator[Examined]:
    return (_told(_span(number, "client", 2 * number, 2 * number + 1)) for number in range(_CALLS))


def _late_wrappers() -> Iterator[Examined]:
    """Yield the spans around some calls, whose teams pay for them from now on."""
    numbers: Sequence[int] = range(0, _CALLS, _WRAPPED_LATE)
    return (
        _told(_span(number, "framework", 2 * number + 1, None), "support") for number in numbers
    )


def _span(number: int, scope: str, span: int, parent: int | None) -> SpanRecord:
    trace = hex_id(number // _CALLS_OF_TRACE, 32)
    return record(span, parent, trace=trace, scope=scope, start_ns=NOON + number * SECOND // 100)


def _told(span: SpanRecord, team: str = "") -> Examined:
    attribution = Attribution(team=team)
    return Examined(skeleton_of(span, attribution), sighting(span, attribution=attribution))
