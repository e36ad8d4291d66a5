"""What stands is brought to what should stand by the fewest entries, each of which can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry, Wanted, restate, reversal, standing
from otel_costing.usage import Unpriced
from tests.calls import entry

SUMMED = ("sign", "total_usd", "reported_usd", "duration_ms")
QUANTITIES = ("quantity", "list_amount_usd", "amount_usd")
CHEAP = {"input": 1000, "output": 200}
DEAR = {"input": 1000, "output": 900}
FREE = Unpriced("no_usage")


def sums(entries: Iterable[LedgerEntry]) -> Counter[str]:
    """Add up every column that is summed; what comes to zero is left out, null counts as nothing."""
    total: Counter[str] = Counter()
    for one in entries:
        for column in SUMMED:
            total[column] += getattr(one, column) or 0
        for item in one.items:
            for column in QUANTITIES:
                total[f"{item.meter} {column}"] += getattr(item, column) or 0
    return Counter({column: value for column, value in total.items() if value})


def after(states: Sequence[LedgerEntry | None]) -> list[LedgerEntry]:
    """Return the ledger after each of these states was wanted in turn; None for a call that is not wanted."""
    booked: list[LedgerEntry] = []
    for state in states:
        wanted = {entry(0).call_id: Wanted(state, "manual")}
        booked.extend(restate(booked, wanted))
    return booked


STATES = st.one_of(
    st.none(),
    st.builds(
        lambda usage, unpriced, team: entry(
            0, usage, unpriced=unpriced, attribution=Attribution(team=team)
        ),
        st.sampled_from([CHEAP, DEAR, {"cache_read": 5}, FREE]),
        st.sampled_from(["", "unknown_model"]),
        st.sampled_from(["", "search", "drafts"]),
    ),
)


@pytest.mark.parametrize(
    ("before", "wanted", "posted"),
    [
        ([], None, []),
        ([], entry(0), ["charge 0"]),
        ([entry(0)], entry(0), []),
        ([entry(0)], None, ["reversal 0"]),
        ([entry(0)], entry(0, DEAR), ["reversal 0", "charge 1"]),
        ([entry(0, unpriced="unknown_model")], entry(0), ["reversal 0", "charge 1"]),
        ([entry(0)], entry(0, attribution=Attribution(team="t")), ["reversal 0", "charge 1"]),
        ([entry(0), None], entry(0), ["charge 1"]),
        ([entry(0), None], None, []),
        ([entry(0), entry(0, DEAR)], entry(0), ["reversal 1", "charge 2"]),
    ],
    ids=str,
)
def test_the_fewest_entries_are_posted(
    before: list[LedgerEntry | None], wanted: LedgerEntry | None, posted: list[str]
) -> None:
    booked = after(before)

    entries = restate(booked, {entry(0).call_id: Wanted(wanted, "duplicate")})

    assert [f"{one.kind} {one.revision}" for one in entries] == posted
    assert {one.cause for one in entries} <= {"duplicate"}


@given(st.lists(STATES, max_size=8))
def test_a_second_time_posts_nothing(states: list[LedgerEntry | None]) -> None:
    booked = after(states)
    last = states[-1] if states else None

    assert restate(booked, {entry(0).call_id: Wanted(last, "manual")}) == []


@given(st.lists(STATES, min_size=1, max_size=8))
def test_the_net_is_the_last_state_that_was_wanted(states: list[LedgerEntry | None]) -> None:
    booked = after(states)
    last = states[-1]
    stands = standing(booked)

    assert sums(booked) == (sums([last]) if last else Counter())
    assert (stands and stands.attribution) == (last and last.attribution)


@given(st.lists(STATES, max_size=8))
def test_no_two_entries_have_one_id(states: list[LedgerEntry | None]) -> None:
    ids = [one.entry_id for one in after(states)]

    assert len(ids) == len(set(ids))


@given(st.lists(STATES, max_size=8), st.randoms(use_true_random=False))
def test_the_order_in_which_the_ledger_is_read_decides_nothing(
    states: list[LedgerEntry | None], random: object
) -> None:
    booked = after(states)
    shuffled = list(booked)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives no narrower type
    wanted = {entry(0).call_id: Wanted(entry(0, DEAR), "manual")}

    assert restate(shuffled, wanted) == restate(booked, wanted)


@given(STATES)
def test_an_entry_and_its_reversal_are_nothing_in_every_column_that_is_summed(
    charge: LedgerEntry | None,
) -> None:
    if charge is not None:
        reported = charge._replace(reported_usd=Decimal("0.25"))
        assert sums([reported, reversal(reported, "manual")]) == Counter()


def test_a_call_without_a_price_is_taken_back_too_and_is_no_longer_counted() -> None:
    booked = after([entry(0, unpriced="unknown_model"), entry(0)])

    assert [one.total_usd is None for one in booked] == [True, True, False]
    assert sum(one.sign for one in booked) == 1


@pytest.mark.parametrize(
    "field",
    ["rates_digest", "rate_id", "received_ns", "assumptions", "response_id", "cause", "revision"],
)
def test_what_states_no_other_cost_restates_nothing(field: str) -> None:
    """A new book with equal prices, above all."""
    others = {"received_ns": 7, "assumptions": ("assumed_start",), "revision": 7}
    same = entry(0)._replace(**{field: others.get(field, "another")})  # type: ignore[arg-type]

    assert restate([entry(0)], {same.call_id: Wanted(same, "rate_correction")}) == []


def test_items_in_another_order_state_the_same() -> None:
    turned = entry(0)._replace(items=tuple(reversed(entry(0).items)))

    assert restate([entry(0)], {turned.call_id: Wanted(turned, "manual")}) == []


def test_calls_that_nobody_asked_about_are_left_alone() -> None:
    booked = [entry(0), entry(1)]

    posted = restate(booked, {entry(0).call_id: Wanted(None, "duplicate")})

    assert {one.call_id for one in posted} == {entry(0).call_id}


def test_an_adjustment_of_a_call_is_neither_taken_back_nor_counted_as_a_revision() -> None:
    adjustment = entry(0)._replace(kind="adjustment", sign=0, revision=9, entry_id="a" * 32)

    posted = restate([entry(0), adjustment], {entry(0).call_id: Wanted(entry(0, DEAR), "manual")})

    assert [(one.kind, one.revision) for one in posted] == [("reversal", 0), ("charge", 1)]
