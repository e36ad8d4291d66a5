"""What an entry says, and that it and its reversal are nothing together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.ledger import (
    call_id_of_span,
    charge,
    content_digest,
    digest,
    entry_id_of,
    reversal,
)
from otel_costing.usage import Reported, Unpriced
from tests.calls import NOON, SECOND, TRACE, entry, priced, record

QUANTITIES = st.dictionaries(
    st.sampled_from(["input", "cache_read", "output", "reasoning"]),
    st.integers(1, 10**8),
    min_size=1,
)


def test_digests_tell_fields_apart_wherever_they_end() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") != digest("a", "")


def test_ids_know_the_span_the_kind_and_the_revision_and_nothing_else() -> None:
    first = entry(1)
    again = entry(1, {"input": 7})._replace(attribution=Attribution(team="other"))

    assert first.call_id == again.call_id == call_id_of_span(TRACE, first.span_id)
    assert first.entry_id == again.entry_id == entry_id_of(first.call_id, "charge", 0)
    assert len({entry_id_of("c", kind, n) for kind in ("charge", "reversal") for n in (0, 1)}) == 4


@given(st.text("0123456789abcdefö", min_size=31, max_size=33))
def test_the_id_of_a_first_charge_is_the_digest_that_every_posting_has(call_id: str) -> None:
    assert entry_id_of(call_id, "charge", 0) == digest(call_id, "charge", "0")


@given(QUANTITIES)
def test_a_total_is_the_sum_of_its_items(usage: dict[str, int]) -> None:
    booked = entry(usage=usage)

    assert booked.total_usd == sum(item.amount_usd or 0 for item in booked.items)


@given(QUANTITIES, st.sampled_from(["", "unknown_model"]))
def test_an_entry_and_its_reversal_are_zero_in_every_summed_column(
    usage: dict[str, int], unpriced: str
) -> None:
    booked = entry(usage=usage, unpriced=unpriced)
    back = reversal(booked, "duplicate")

    assert booked.sign + back.sign == 0
    assert booked.duration_ms + back.duration_ms == 0
    assert _sum(booked.total_usd, back.total_usd) in {None, 0}
    for item, reverse in zip(booked.items, back.items, strict=True):
        assert item.meter == reverse.meter
        assert item.quantity + reverse.quantity == 0
        assert _sum(item.amount_usd, reverse.amount_usd) in {None, 0}
        assert _sum(item.list_amount_usd, reverse.list_amount_usd) in {None, 0}


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


@pytest.mark.parametrize(
    ("usage", "digest"),
    [
        ({"input": 0, "output": 0}, "43a88abdd356cb50f44465d262750f3a"),
        ({"input": 0, "output": 7}, "48840453c4aa361397de70eeb12072c3"),
    ],
)
def test_a_reversal_of_nothing_is_nothing_and_keeps_the_digest_that_it_always_had(
    usage: dict[str, int], digest: str
) -> None:
    back = reversal(entry(1, usage), "rate_correction")

    amounts = [back.total_usd, *(item.amount_usd for item in back.items)]
    assert not any(str(one).startswith("-0E") for one in amounts)
    assert back.content_digest == content_digest(back) == digest


def test_a_reversal_keeps_who_when_and_which_call() -> None:
    booked = entry(attribution=Attribution(team="search"))
    back = reversal(booked, "manual")

    assert (back.kind, back.cause, back.revision) == ("reversal", "manual", 0)
    assert (back.call_id, back.attribution) == (booked.call_id, booked.attribution)
    assert back.entry_id != booked.entry_id
    assert back.content_digest != booked.content_digest


def test_an_unpriced_call_keeps_its_quantities_without_amounts() -> None:
    booked = entry(usage={"input": 700, "output": 3}, unpriced="unknown_model")

    assert (booked.status, booked.status_reason, booked.total_usd) == (
        "unpriced",
        "unknown_model",
        None,
    )
    assert [(item.meter, item.quantity) for item in booked.items] == [("input", 700), ("output", 3)]
    assert {item.amount_usd for item in booked.items} == {None}


@pytest.mark.parametrize(
    "usage", [{"input": -1}, {"input": 10**9}, {"no_such_meter": 1}, {"input": "12"}]
)
def test_quantities_that_cannot_be_are_not_stored(usage: dict[str, int]) -> None:
    assert entry(usage=usage, unpriced="invalid_usage").items == ()


def test_a_call_without_usage_is_an_entry_without_items() -> None:
    booked = entry(usage=Unpriced("no_usage"))

    assert (booked.items, booked.status_reason, booked.sign) == ((), "no_usage", 1)


def test_a_run_that_nobody_named_is_the_trace() -> None:
    assert entry().attribution.workflow_run_id == TRACE
    named = entry(attribution=Attribution(workflow_run_id="run-7"))
    assert named.attribution.workflow_run_id == "run-7"


@pytest.mark.parametrize(
    ("reported", "kept"),
    [
        ("0.0125", Decimal("0.0125")),
        ("NaN", None),
        ("1e30", None),
        ("1e19", Decimal("1e19")),
        ("0.00000000000049", Decimal(0)),
    ],
)
def test_what_others_say_it_cost_is_kept_where_it_can_be_believed(
    reported: str, kept: Decimal | None
) -> None:
    call = priced({"input": 1}).call._replace(reported=Reported(Decimal(reported), "their.cost"))
    booked = charge(record(), priced({"input": 1})._replace(call=call), Attribution(), NOON)

    assert booked.reported_usd == kept
    assert booked.reported_by == ("" if kept is None else "their.cost")


def test_hostile_lengths_are_cut_and_clocks_that_ran_backwards_took_no_time() -> None:
    call = priced({"input": 1}, response_id="x" * 10_000)
    booked = charge(record(end_ns=NOON - SECOND), call, Attribution(), NOON)

    assert len(booked.response_id) == 256
    assert booked.duration_ms == 0


@pytest.mark.parametrize(
    "change",
    [
        {"attribution": Attribution(user_id="ada", team="search")},
        {"occurred_ns": 1},
        {"ended_ns": 1},
        {"received_ns": 1},
        {"rates_digest": "another book"},
        {"assumptions": ("assumed_time",)},
    ],
)
def test_content_is_not_who_when_or_which_book(change: dict[str, object]) -> None:
    booked = entry()

    assert content_digest(booked._replace(**change)) == booked.content_digest  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "adjustment"},
        {"sign": 0},
        {"status": "partial"},
        {"status_reason": "why"},
        {"provider": "other"},
        {"model": "other"},
        {"service_tier": "batch"},
        {"region": "eu"},
        {"total_usd": None},
        {"rate_id": "other"},
        {"dialect": "other"},
        {"assumptions": ("assumed_cache_ttl",)},
        {"items": ()},
    ],
)
def test_content_is_money_and_where_it_comes_from(change: dict[str, object]) -> None:
    booked = entry()

    assert content_digest(booked._replace(**change)) != booked.content_digest  # type: ignore[arg-type]


def test_a_price_spelled_with_more_zeros_is_the_same_content() -> None:
    booked = entry()
    (first, *rest) = booked.items
    spelled = first._replace(unit_price=Decimal("2.5000"), list_unit_price=Decimal("2.5"))

    assert content_digest(booked._replace(items=(spelled, *rest))) == booked.content_digest
