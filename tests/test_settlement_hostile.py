"""Whatever a trace looks like, it settles in time that grows with its size, and no other trace comes out differently."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.settlement import Settled, Settlement, settle
from otel_costing.skeleton import skeleton_of
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting
from tests.ledger_in_memory import LedgerInMemory

NO_USAGE = Unpriced("no_usage")
STRONG = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
COUNTER = "chatcmpl-0024"
OTHER = "b" * 32
TWICE_IS_AT_MOST = 2.7
"""Sorting is a little more than linear, a busy machine a little slower than an idle one."""
SPANS = 100_000
LONGEST_S = 60.0
"""Seven seconds on one core."""
USAGE = {"input": 1000, "output": 200}

Hostile = Callable[[int], list[LedgerEntry]]


def one_like(template: LedgerEntry, number: int, **changes: object) -> LedgerEntry:
    """Return the template as said by another span: much faster than to price it again."""
    fields = {"span_id": hex_id(number), "call_id": hex_id(number, 32), **changes}
    return template._replace(**fields)  # type: ignore[arg-type]  # fields of an entry


def template(
    usage: dict[str, int] | Unpriced = USAGE, response_id: str = "", **named: object
) -> LedgerEntry:
    """Return what a hostile span says."""
    told = record(0, trace=OTHER, service="hostile", **named)  # type: ignore[arg-type]  # names of `record`
    return sighting(told, usage, response_id=response_id)


def chain(count: int) -> list[LedgerEntry]:
    """Return calls one inside the other."""
    one = template()
    return [
        one_like(one, n, parent_span_id=hex_id(n - 1) if n else "", scope=f"s{n % 3}")
        for n in range(count)
    ]


def children(count: int) -> list[LedgerEntry]:
    """Return equal calls under one parent, by three scopes."""
    one = template()
    return [one_like(one, n, parent_span_id=hex_id(count), scope=f"s{n % 3}") for n in range(count)]


def children_of_many_scopes(count: int) -> list[LedgerEntry]:
    """Return calls of equal usage and as many models and scopes, so that none is one with another."""
    one = template()
    return [
        one_like(
            one,
            n,
            parent_span_id=hex_id(count),
            scope=f"s{n}",
            model=f"m{n}",
            request_model="",
            response_model="",
        )
        for n in range(count)
    ]


def silent_children(count: int) -> list[LedgerEntry]:
    """Return a call with calls without usage inside, each of a scope of its own."""
    one = template(NO_USAGE)
    inside = [one_like(one, n, parent_span_id=hex_id(0), scope=f"s{n}") for n in range(1, count)]
    return [one_like(template(scope="framework"), 0), *inside]


def with_one_id(count: int, response_id: str) -> list[LedgerEntry]:
    """Return spans of one response id in as many scopes, inside one another by twos."""
    one = template(response_id=response_id)
    return [
        one_like(
            one,
            n,
            scope=f"s{n % 50}",
            parent_span_id=hex_id(n - 1) if n % 2 else "",
            started_ns=one.started_ns + n // 100,
        )
        for n in range(count)
    ]


def of_one_strong_id(count: int) -> list[LedgerEntry]:
    """Return copies of one response."""
    return with_one_id(count, STRONG)


def of_one_counter(count: int) -> list[LedgerEntry]:
    """Return calls with a counter that never counts."""
    return with_one_id(count, COUNTER)


def two_crowds(count: int) -> list[LedgerEntry]:
    """Return copies of two responses, one inside the other, that share one scope each time they are compared."""
    half = count // 2
    of_ids = {number: template(response_id=f"{STRONG}{number}") for number in (1, 2)}
    outer = [one_like(of_ids[1], n, scope=f"a{n}") for n in range(half)]
    inner = [
        one_like(
            of_ids[2],
            half + n,
            scope=f"b{n}" if n else "a0",
            parent_span_id=hex_id(n),
        )
        for n in range(half)
    ]
    return [*outer, *inner]


def circle(count: int) -> list[LedgerEntry]:
    """Return calls whose parents lead round."""
    one = template()
    return [
        one_like(one, n, parent_span_id=hex_id((n + 1) % count), scope=f"s{n % 7}")
        for n in range(count)
    ]


def agents(count: int) -> list[LedgerEntry]:
    """Return agents one inside the other with a call at the bottom."""
    one = template(end_ns=NOON + 60 * SECOND)
    return [
        *(
            one_like(one, n, cause=AGGREGATE, parent_span_id=hex_id(n - 1) if n else "")
            for n in range(count - 1)
        ),
        one_like(one, count - 1, parent_span_id=hex_id(count - 2)),
    ]


def reports(count: int) -> list[LedgerEntry]:
    """Return spans of no duration at the end of one call of their service."""
    one = template(start_ns=NOON + SECOND, end_ns=NOON + SECOND, scope="logfire")
    return [
        one_like(one, n, scope=f"logfire{n % 1000}", trace_id=hex_id(n, 32)) for n in range(count)
    ]


HOSTILE: Sequence[Hostile] = (
    chain,
    children,
    children_of_many_scopes,
    silent_children,
    of_one_strong_id,
    of_one_counter,
    two_crowds,
    circle,
    agents,
    reports,
)


def normal() -> list[LedgerEntry]:
    """Return a trace with a wrapper, a copy beside, a counter, an agent, and a copy in another trace."""
    started_ns = NOON + 2 * SECOND
    return [
        sighting(record(1, end_ns=NOON + 9 * SECOND, scope="agents"), cause=AGGREGATE),
        sighting(record(2, 1, scope="framework")),
        sighting(record(3, 2, scope="client"), response_id=f"{STRONG}7"),
        sighting(record(4, trace="c" * 32, scope="gateway"), response_id=f"{STRONG}7"),
        sighting(record(5, 1, scope="framework", start_ns=started_ns)),
        sighting(record(6, 1, scope="client", start_ns=started_ns)),
        sighting(record(7, 8, scope="one", start_ns=started_ns), response_id=COUNTER),
        sighting(record(8, 9, scope="two", start_ns=started_ns), response_id=COUNTER),
    ]


def settled(accounts: Sequence[LedgerEntry]) -> Settlement:
    return settle(accounts, {(one.trace_id, one.span_id): one.parent_span_id for one in accounts})


def elapsed_s(accounts: Sequence[LedgerEntry]) -> float:
    """Return the processor time that settling takes, Python's collection of garbage from all tests left aside."""
    parents = {(one.trace_id, one.span_id): one.parent_span_id for one in accounts}
    gc.collect()
    gc.disable()
    try:
        before_s = time.process_time()
        settle(accounts, parents)
        return time.process_time() - before_s
    finally:
        gc.enable()


# The time is that of settling, not of measuring coverage, which takes four times as long; smaller traces run the same lines below.
@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.__name__)
def test_twice_the_spans_take_twice_the_time(hostile: Hostile) -> None:
    half, whole = hostile(SPANS // 10), hostile(SPANS // 5)
    ratios = []
    for _ in range(3):
        ratios.append(elapsed_s(whole) / max(elapsed_s(half), 0.001))
        if ratios[-1] <= TWICE_IS_AT_MOST:
            break

    assert min(ratios) <= TWICE_IS_AT_MOST


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "hostile", [chain, children, silent_children, of_one_strong_id, of_one_counter]
)
def test_a_hundred_thousand_spans_are_settled(hostile: Hostile) -> None:
    accounts = hostile(SPANS)

    assert elapsed_s(accounts) < LONGEST_S


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.__name__)
def test_every_span_of_a_hostile_trace_is_accounted_for(hostile: Hostile) -> None:
    accounts = hostile(999)
    found = settled(accounts)
    told = [call.booked.call_id for call in found.calls]
    told += [copy.account.call_id for call in found.calls for copy in call.copies]
    told += [one.call_id for one in found.aggregates]

    assert sorted(told) == sorted(one.call_id for one in accounts)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.__name__)
def test_a_normal_trace_beside_a_hostile_one_settles_as_if_it_were_alone(hostile: Hostile) -> None:
    ours = normal()
    alone = settled(ours)
    beside = settled([*hostile(2_000), *ours])

    assert len(alone.calls) == 3
    assert of_traces(beside, ours) == of_traces(alone, ours)


def of_traces(settlement: Settlement, accounts: Sequence[LedgerEntry]) -> list[Settled]:
    """Return what was settled of the calls of these accounts."""
    ids = {one.call_id for one in accounts}
    return sorted(
        (call for call in settlement.calls if call.booked.call_id in ids),
        key=lambda call: call.booked.call_id,
    )


def told(
    span: int,
    usage: dict[str, int],
    parent: int | None = None,
    *,
    received_s: int = 0,
    **named: object,
) -> Examined:
    """Return a span as it was received so many seconds later than others."""
    cause = str(named.pop("cause", "first"))
    team = str(named.pop("team", ""))
    of_span = record(span, parent, **named)  # type: ignore[arg-type]  # names of `record`
    account = sighting(of_span, usage, cause=cause, attribution=Attribution(team=team))
    later = one_like(
        account,
        span,
        call_id=account.call_id,
        received_ns=account.received_ns + received_s * SECOND,
    )
    return Examined(skeleton_of(of_span, Attribution(team=team)), later)


def test_one_span_id_twice_with_other_content_in_one_batch_is_the_first_and_a_finding() -> None:
    first, second = told(1, USAGE), told(1, {"input": 1, "output": 1})

    (batch,) = seal([first, second], default_rates(), NOON, largest=100)

    assert [one.items for one in batch.entries] == [first.account and first.account.items]
    assert [one.kind for one in batch.findings] == ["conflict"]


@pytest.mark.parametrize(
    "second",
    [
        told(1, {"input": 1, "output": 1}, received_s=5),
        told(1, USAGE, received_s=5, team="free-riders"),
        told(1, USAGE, received_s=5, cause=AGGREGATE),
        told(1, USAGE, 2, received_s=5, trace=TRACE),
    ],
    ids=["another cost", "another team", "an agent", "another parent"],
)
@pytest.mark.parametrize("with_child", [False, True])
def test_a_second_span_of_one_id_changes_nothing_of_what_the_first_has_booked(
    second: Examined, *, with_child: bool
) -> None:
    """Not even with a span beneath that makes an agent, or a wrapper, of it."""
    ledger = LedgerInMemory()
    ledger.take([told(1, USAGE, team="billing")])
    before = ledger.stands()
    child = told(3, {"input": 5, "output": 5}, 1, received_s=5, scope="client")

    ledger.take([second, child] if with_child else [second])

    assert [one for one in ledger.stands() if one.call_id == before[0].call_id] == before


def test_a_span_that_is_its_own_parent_is_a_call() -> None:
    assert len(settled([sighting(record(1, 1))]).calls) == 1
