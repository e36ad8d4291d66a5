"""Which spans tell of one call, and which only look like it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.response_ids import identifies
from otel_costing.settlement import Settlement, settle
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, TRACE, hex_id, record, sighting

STRONG = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
NO_USAGE = Unpriced("no_usage")
OTHER = "b" * 32


def settled(*sightings: LedgerEntry, between: Iterable[tuple[str, str, str]] = ()) -> Settlement:
    """Settle with the parents that the sightings name, and more spans `between` them."""
    parents = {(one.trace_id, one.span_id): one.parent_span_id for one in sightings}
    parents.update({(trace, span): parent for trace, span, parent in between})
    return settle(sightings, parents)


def seeded(seed: int) -> random.Random:
    """Return a source of numbers that are the same each time."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def booked(settlement: Settlement) -> list[str]:
    """Return the span ids that are booked."""
    return sorted(call.booked.span_id for call in settlement.calls)


def causes(settlement: Settlement) -> list[str]:
    """Return why the others are not."""
    return sorted(copy.cause for call in settlement.calls for copy in call.copies)


@pytest.mark.parametrize(
    ("response_id", "is_identity"),
    [
        (STRONG, True),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", True),
        ("6f1c7c3e-8a53-4a5e-9a83-6d3f3ad1c1b2", True),
        ("resp_68a1f0c2b5e481a2", True),
        ("chatcmpl-123", False),
        ("chatcmpl-0024", False),
        ("chatcmpl-12345678", False),
        ("msg_0043", False),
        ("", False),
        ("1700000000", False),
    ],
)
def test_short_counters_are_no_identities(response_id: str, *, is_identity: bool) -> None:
    assert identifies(response_id) is is_identity


def test_two_spans_of_one_response_in_different_traces_are_one_call() -> None:
    found = settled(
        sighting(record(1, scope="native"), response_id=STRONG),
        sighting(record(2, trace=OTHER, scope="gateway"), response_id=STRONG),
    )

    assert len(found.calls) == 1
    assert causes(found) == ["duplicate"]


@pytest.mark.parametrize(("minutes", "calls"), [(9, 1), (11, 2)])
def test_an_answer_of_a_cache_later_than_ten_minutes_is_another_call(
    minutes: int, calls: int
) -> None:
    later = NOON + SECOND + minutes * 60 * SECOND
    found = settled(
        sighting(record(1), response_id=STRONG),
        sighting(record(2, trace=OTHER, start_ns=later), response_id=STRONG),
    )

    assert len(found.calls) == calls


def test_one_id_with_two_totals_joins_nothing_and_is_a_conflict() -> None:
    found = settled(
        sighting(record(1), response_id=STRONG),
        sighting(record(2, trace=OTHER), {"input": 1000, "output": 201}, response_id=STRONG),
    )

    assert len(found.calls) == 2
    assert [len(conflict.accounts) for conflict in found.conflicts] == [2]


def test_a_record_without_usage_joins_the_one_of_its_id_that_has_some() -> None:
    found = settled(
        sighting(record(1), NO_USAGE, response_id=STRONG),
        sighting(record(2, trace=OTHER), response_id=STRONG),
    )

    assert booked(found) == [hex_id(2)]


def test_an_id_of_another_model_is_another_call() -> None:
    found = settled(
        sighting(record(1), response_id=STRONG),
        sighting(record(2), response_id=STRONG, model="n"),
    )

    assert len(found.calls) == 2


def test_a_wrapper_of_equal_usage_is_its_child_however_many_spans_lie_between() -> None:
    found = settled(
        sighting(record(1, scope="framework")),
        sighting(record(3, parent=2, scope="client")),
        between=[(record().trace_id, hex_id(2), hex_id(1))],
    )

    assert len(found.calls) == 1
    assert causes(found) == ["wrapper"]


def test_a_wrapper_around_two_equal_calls_is_one_of_them_and_the_other_stays() -> None:
    found = settled(
        sighting(record(1, scope="framework", end_ns=NOON + 5 * SECOND)),
        sighting(record(2, parent=1, scope="client")),
        sighting(record(3, parent=1, scope="client", start_ns=NOON + 2 * SECOND)),
    )

    assert len(found.calls) == 2


def test_a_wrapper_that_knows_no_usage_is_the_call_inside() -> None:
    found = settled(
        sighting(record(1, scope="framework"), NO_USAGE),
        sighting(record(2, parent=1, scope="client")),
    )

    assert booked(found) == [hex_id(2)]


@pytest.mark.parametrize(("inner", "calls"), [("client", 1), ("framework", 2)])
def test_a_stream_without_usage_seen_by_two_scopes_is_one_call(inner: str, calls: int) -> None:
    found = settled(
        sighting(record(1, scope="framework"), NO_USAGE),
        sighting(record(2, parent=1, scope=inner), NO_USAGE),
    )

    assert len(found.calls) == calls


def test_a_broken_stream_beside_its_retry_stays_counted() -> None:
    """The outer span tells of the retry; the first attempt was billed by nobody knows how much."""
    found = settled(
        sighting(record(1, scope="framework", end_ns=NOON + 5 * SECOND)),
        sighting(record(2, parent=1, scope="client"), NO_USAGE),
        sighting(record(3, parent=1, scope="client", start_ns=NOON + 2 * SECOND)),
    )

    assert len(found.calls) == 2


def test_nested_calls_of_other_usage_are_calls_of_their_own() -> None:
    found = settled(
        sighting(record(1, scope="framework"), {"input": 2000, "output": 400}),
        sighting(record(2, parent=1, scope="client")),
    )

    assert len(found.calls) == 2


def test_overlapping_siblings_of_two_scopes_are_one_call_where_one_has_no_id() -> None:
    found = settled(
        sighting(record(1, parent=9, scope="native"), response_id=STRONG),
        sighting(record(2, parent=9, scope="openinference")),
    )

    assert booked(found) == [hex_id(1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"scope": "same"}, {"scope": "same"}),
        ({"scope": "a"}, {"scope": "b", "start_ns": NOON + 2 * SECOND}),
        ({"scope": "a"}, {"scope": "b", "parent": 8}),
        ({"scope": "a"}, {"scope": "b", "trace": OTHER}),
    ],
)
def test_calls_made_side_by_side_stay(one: dict[str, object], other: dict[str, object]) -> None:
    """Of one scope, one after the other, of other parents, in other traces."""
    found = settled(
        sighting(record(1, **{"parent": 9, **one})),  # type: ignore[arg-type]
        sighting(record(2, **{"parent": 9, **other})),  # type: ignore[arg-type]
    )

    assert len(found.calls) == 2


def test_siblings_with_two_ids_are_two_calls() -> None:
    found = settled(
        sighting(record(1, parent=9, scope="a"), response_id="chatcmpl-1"),
        sighting(record(2, parent=9, scope="b"), response_id="chatcmpl-2"),
    )

    assert len(found.calls) == 2


def test_ten_calls_side_by_side_seen_by_two_scopes_are_ten_calls() -> None:
    sightings = [
        sighting(record(2 * n + k, parent=99, scope=scope, start_ns=NOON + (2 * n + k) * 1000))
        for n in range(10)
        for k, scope in enumerate(("framework", "client"))
    ]
    seeded(7).shuffle(sightings)

    assert len(settled(*sightings).calls) == 10


def test_a_counter_joins_overlapping_spans_of_one_trace_only() -> None:
    one = sighting(record(1, parent=8, scope="a"), response_id="chatcmpl-0024")
    same = sighting(record(2, parent=9, scope="b"), response_id="chatcmpl-0024")
    elsewhere = sighting(
        record(3, trace=OTHER, scope="b", start_ns=NOON + SECOND // 2), response_id="chatcmpl-0024"
    )

    assert len(settled(one, same).calls) == 1
    assert len(settled(one, elsewhere).calls) == 2


def test_a_span_of_no_duration_tells_of_the_call_that_has_just_ended() -> None:
    native = sighting(record(1, scope="native"), response_id="msg_0080")
    told = sighting(
        record(
            2,
            trace=OTHER,
            scope="logfire",
            start_ns=NOON + SECOND + 1000,
            end_ns=NOON + SECOND + 1000,
        )
    )
    late = sighting(
        record(
            3, trace=OTHER, scope="logfire", start_ns=NOON + 9 * SECOND, end_ns=NOON + 9 * SECOND
        )
    )

    assert booked(settled(native, told)) == [hex_id(1)]
    assert len(settled(native, late).calls) == 2


def test_the_finer_split_is_booked_for_the_team_that_stands_outside() -> None:
    found = settled(
        sighting(
            record(1, scope="framework"),
            attribution=Attribution(team="outer", workflow="resolve-ticket"),
        ),
        sighting(
            record(2, parent=1, scope="native"),
            {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50},
            attribution=Attribution(team="inner", session_id="s-1"),
        ),
    )

    (call,) = found.calls
    assert call.booked.span_id == hex_id(2)
    assert call.booked.attribution == Attribution(
        team="outer", workflow="resolve-ticket", session_id="s-1", workflow_run_id=TRACE
    )


def test_the_origin_is_taken_whole_from_the_outermost_that_knows_one() -> None:
    found = settled(
        sighting(record(1, scope="a"), attribution=Attribution(team="outer")),
        sighting(
            record(2, parent=1, scope="b"),
            attribution=Attribution(
                team="inner", origin_team="root", origin_workflow="w", origin_source="baggage"
            ),
        ),
    )

    attribution = found.calls[0].booked.attribution
    assert (attribution.team, attribution.origin_team, attribution.origin_source) == (
        "outer",
        "root",
        "baggage",
    )


@given(st.permutations(range(8)), st.integers(0, 2**16))
def test_the_order_of_arrival_decides_nothing(order: list[int], seed: int) -> None:
    draw = seeded(seed)
    sightings = [
        sighting(
            record(
                n,
                parent=draw.choice([None, n - 1, 50]) if n else None,
                scope=draw.choice("ab"),
                start_ns=NOON + draw.randrange(3) * SECOND // 2,
            ),
            draw.choice([{"input": 10, "output": 2}, {"input": 9, "cache_read": 1, "output": 2}]),
            response_id=draw.choice(["", STRONG, "chatcmpl-1"]),
        )
        for n in range(8)
    ]

    assert settled(*sightings) == settled(*(sightings[i] for i in order))


def test_every_sighting_is_booked_or_a_copy_once() -> None:
    draw = seeded(3)
    sightings = [
        sighting(record(n, parent=draw.randrange(300), scope=draw.choice("abc")))
        for n in range(300)
    ]
    found = settled(*sightings)
    told = [call.booked.call_id for call in found.calls]
    told += [copy.account.call_id for call in found.calls for copy in call.copies]

    assert sorted(told) == sorted(one.call_id for one in sightings)


def test_parents_in_a_circle_settle() -> None:
    found = settled(
        sighting(record(1, parent=2, scope="a")),
        sighting(record(2, parent=1, scope="b")),
        sighting(record(3, parent=3, scope="c"), {"input": 5}),
    )

    assert sum(1 + len(call.copies) for call in found.calls) == 3


def test_a_deep_chain_and_a_wide_family_settle_in_linear_time() -> None:
    """Ten times the spans may take ten times as long, with room for caches that are full by then, not a hundred."""

    def elapsed_s(spans: int) -> float:
        chain = [
            sighting(record(n, parent=n - 1 if n else None, scope=f"s{n % 3}"))
            for n in range(spans)
        ]
        family = [
            sighting(record(n, trace=OTHER, parent=spans, scope=f"s{n % 3}")) for n in range(spans)
        ]
        began = time.process_time()
        settled(*chain, *family)
        return time.process_time() - began

    elapsed_s(500)
    assert elapsed_s(8_000) < 40 * max(elapsed_s(800), 0.01)


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        (NO_USAGE, "standard"),
        ({"input": 1, "output": 1}, "standard"),
        ({"input": 700, "cache_read": 300, "output": 200}, "standard"),
    ],
)
def test_nobody_cancels_another_teams_charge_by_knowing_its_id(
    usage: dict[str, int] | Unpriced, tier: str
) -> None:
    theirs = sighting(record(1), response_id=STRONG, attribution=Attribution(team="billing"))
    mine = sighting(
        record(2, trace=OTHER),
        usage,
        response_id=STRONG,
        tier=tier,
        attribution=Attribution(team="free-riders"),
    )

    calls = settled(theirs, mine).calls

    assert [call.booked for call in calls if call.booked.call_id == theirs.call_id] == [theirs]
    assert len(calls) == 2


def test_the_record_of_an_authoritative_sender_stands_for_other_teams() -> None:
    caller = sighting(record(1), response_id=STRONG, attribution=Attribution(team="billing"))
    gateway = sighting(
        record(2, trace=OTHER),
        {"input": 700, "cache_read": 300, "output": 200},
        response_id=STRONG,
        attribution=Attribution(team="platform"),
        sender="gateway",
    )

    (call,) = settle([caller, gateway], {}, authorities={"gateway"}).calls

    assert call.booked.call_id == gateway.call_id
    assert call.booked.attribution.team == "billing"
