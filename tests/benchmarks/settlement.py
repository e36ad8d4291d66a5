"""How long it takes to settle a large trace in memory, and the few calls of a ledger that came in two batches."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from tempfile import TemporaryDirectory

from otel_costing.ancestry import SpanKey
from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.store import Store
from otel_costing.cyclic_garbage import looking_seldom
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure, Spread
from tests.benchmarks.measure import cpu_us, spread_of
from tests.benchmarks.series import Series
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

_SPANS_SHORT, _SPANS = (1_000, 3_000, 9_000), (10_000, 30_000, 100_000)
_CALLS_SHORT, _CALLS = (500, 1_000, 2_000), (10_000, 20_000, 40_000)
_CALLS_OF_TRACE = 10
_WRAPPED_LATE = 20
"""Every how-manieth call is found to have a wrapper: five of a hundred."""
_IN_MEMORY = Series("settle a trace of {size} spans: each", "us", "spans", is_of_each=True)
_IN_STORE = Series("settle a ledger of {size} calls, 5 % of them wrapped late", "ms", "calls")


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure settling in memory, by the processor's clock, and in the store, by the one on the wall."""
    rounds = bench.of(2, 5)
    with looking_seldom():  # as the commands and the collector do
        spans, calls = bench.of((_SPANS_SHORT, _CALLS_SHORT), (_SPANS, _CALLS))
        yield from _IN_MEMORY.figures(spans, partial(_in_memory, rounds))
        yield from _IN_STORE.figures(calls, partial(_in_store, bench.of(1, 3)))


def _in_memory(rounds: int, spans: int) -> Spread:
    accounts, parents = _large_trace(spans)
    work = partial(settle, accounts, parents)
    return spread_of([cpu_us(work, 1) / spans for _ in range(rounds)])


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


def _in_store(rounds: int, calls: int) -> Spread:
    with TemporaryDirectory() as directory:
        return spread_of([_settled_ms(f"chdb://{directory}/{one}", calls) for one in range(rounds)])


def _settled_ms(dsn: str, calls: int) -> float:
    with Store.open(dsn) as store:
        _book(store, _calls(calls), NOON)
        store.settle(now_ns=NOON)
        _book(store, _late_wrappers(calls), NOON + SECOND)
        before_s = time.perf_counter()
        corrected = store.settle(now_ns=NOON + 2 * SECOND).corrections
        elapsed_s = time.perf_counter() - before_s
    if corrected < calls // _WRAPPED_LATE:
        raise ValueError(f"only {corrected} calls were settled")
    return elapsed_s * 1000


def _book(store: Store, examined: Iterable[Examined], at_ns: int) -> None:
    for batch in seal(list(examined), default_rates(), at_ns, largest=10_000):
        store.book(batch)


def _calls(calls: int) -> Iterator[Examined]:
    return (_told(_span(number, "client", 2 * number, 2 * number + 1)) for number in range(calls))


def _late_wrappers(calls: int) -> Iterator[Examined]:
    """Yield the spans around some calls, whose teams pay for them from now on."""
    numbers: Sequence[int] = range(0, calls, _WRAPPED_LATE)
    return (
        _told(_span(number, "framework", 2 * number + 1, None), "support") for number in numbers
    )


def _span(number: int, scope: str, span: int, parent: int | None) -> SpanRecord:
    trace = hex_id(number // _CALLS_OF_TRACE, 32)
    return record(span, parent, trace=trace, scope=scope, start_ns=NOON + number * SECOND // 100)


def _told(span: SpanRecord, team: str = "") -> Examined:
    attribution = Attribution(team=team)
    return Examined(skeleton_of(span, attribution), sighting(span, attribution=attribution))
