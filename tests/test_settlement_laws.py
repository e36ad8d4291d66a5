"""Whatever tells of a call, and in whatever order it comes, the ledger comes to what really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.batch import Examined
from otel_costing.ledger import LedgerEntry
from otel_costing.settlement import settle
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, record, sighting
from tests.ledger_in_memory import LedgerInMemory
from tests.random_truths import Quantities, Truth, deliveries, quantities_of, truths

RANDOM_WORLDS = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def usage_of(entries: Iterable[LedgerEntry]) -> Counter[Quantities]:
    """Count the calls by what they used."""
    return Counter(quantities_of(one.items) for one in entries)


def at_once(told: Sequence[Examined]) -> list[LedgerEntry]:
    """Return what is booked where everything is known from the start."""
    parents = {
        (one.skeleton.trace_id, one.skeleton.span_id): one.skeleton.parent_span_id for one in told
    }
    accounts = [one.account for one in told if one.account is not None]
    return [call.booked for call in settle(accounts, parents).calls]


def stated(entries: Iterable[LedgerEntry]) -> set[tuple[object, ...]]:
    """Return what entries state: for which call, how much, by which items, for whom."""
    return {(one.call_id, one.total_usd, one.items, one.attribution) for one in entries}


@RANDOM_WORLDS
@given(truths())
def test_every_real_call_is_booked_once_with_its_exact_usage(truth: Truth) -> None:
    assert usage_of(at_once(truth.told)) == truth.calls


@RANDOM_WORLDS
@given(truths(), st.data(), st.sampled_from([3, 10_000]))
def test_the_net_is_the_truth_whatever_the_order_the_splits_and_the_repetition(
    truth: Truth, data: st.DataObject, largest: int
) -> None:
    ledger = LedgerInMemory()
    for batch in data.draw(deliveries(truth.told)):
        ledger.take(batch, largest=largest)

    assert usage_of(ledger.stands()) == truth.calls
    assert stated(ledger.stands()) == stated(at_once(truth.told))


@RANDOM_WORLDS
@given(truths(), st.data())
def test_what_comes_again_in_another_split_posts_nothing(truth: Truth, data: st.DataObject) -> None:
    ledger = LedgerInMemory()
    for batch in data.draw(deliveries(truth.told)):
        ledger.take(batch)
    posted = dict(ledger.entries)
    for batch in data.draw(deliveries(truth.told)):
        assert ledger.take(batch) == []

    assert ledger.entries == posted


@RANDOM_WORLDS
@given(truths(), st.data())
def test_settled_at_the_end_or_after_every_batch_the_same_stands(
    truth: Truth, data: st.DataObject
) -> None:
    batches = data.draw(deliveries(truth.told))
    each, last = LedgerInMemory(), LedgerInMemory()
    for batch in batches:
        each.take(batch)
    for batch in batches:
        last.receive(batch)
    last.settle()

    assert stated(each.stands()) == stated(last.stands())


@RANDOM_WORLDS
@given(truths())
def test_all_of_it_in_one_batch_is_booked_without_a_correction(truth: Truth) -> None:
    ledger = LedgerInMemory()

    assert ledger.take(truth.told) == []
    assert usage_of(ledger.stands()) == truth.calls


NO_USAGE = Unpriced("no_usage")
ID = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"


def settled(*accounts: LedgerEntry) -> Counter[Quantities]:
    """Count what is booked of these by what it used."""
    parents = {(one.trace_id, one.span_id): one.parent_span_id for one in accounts}
    return usage_of(call.booked for call in settle(accounts, parents).calls)


LARGE = {"input": 1000, "output": 200}
SMALL = {"input": 10, "output": 2}
BOTH: Counter[Quantities] = Counter([tuple(LARGE.items()), tuple(SMALL.items())])


def test_a_span_without_usage_does_not_join_the_calls_around_and_inside_it() -> None:
    assert (
        settled(
            sighting(record(1, scope="framework"), LARGE),
            sighting(record(2, 1, scope="transport"), NO_USAGE),
            sighting(record(3, 2, scope="client"), SMALL),
        )
        == BOTH
    )


def test_a_span_without_usage_does_not_join_its_response_to_another_call_around_it() -> None:
    assert (
        settled(
            sighting(record(1, scope="framework"), LARGE),
            sighting(record(2, 1, scope="client"), NO_USAGE, response_id=ID),
            sighting(record(3, trace="b" * 32, scope="gateway"), SMALL, response_id=ID),
        )
        == BOTH
    )


def test_a_span_without_a_model_does_not_join_two_models() -> None:
    calls = settled(
        sighting(record(1, scope="framework"), LARGE, model="m"),
        sighting(record(2, 1, scope="transport"), NO_USAGE, model=""),
        sighting(record(3, 2, scope="client"), LARGE, model="n"),
    )

    assert calls.total() == 2


def test_the_report_is_of_the_call_that_ended_last_however_many_run_beside_it() -> None:
    """All of one usage, as in a load test: each report finds its own call among two hundred."""
    step_ns = SECOND // 1000
    calls = [sighting(record(n, start_ns=NOON + n * step_ns)) for n in range(200)]
    reports = [
        sighting(
            record(
                1000 + n,
                trace=f"{n + 1:032x}",
                scope="logfire",
                start_ns=one.ended_ns + 1000,
                end_ns=one.ended_ns + 1000,
            )
        )
        for n, one in enumerate(calls)
    ]

    assert settled(*calls, *reports).total() == 200


def test_a_silent_record_of_another_team_does_not_part_the_copies_of_a_call() -> None:
    mine = [sighting(record(n, trace=f"{n:032x}", scope=f"s{n}"), response_id=ID) for n in (1, 2)]
    theirs = sighting(record(3, trace="c" * 32), NO_USAGE, response_id=ID, model="n")

    assert settled(*mine, theirs) == Counter([tuple(LARGE.items()), ()])
