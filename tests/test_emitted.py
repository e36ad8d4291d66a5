"""Calls that applications have counted, in whatever spelling, beside those that are booked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.emitted import Booked, Counted, Emitter, beside, emitted_calls

ASSISTANT = Emitter("assistant", "openai", "gpt-5")
LABELS = 'gen_ai_provider_name="openai",gen_ai_request_model="gpt-5"'


@pytest.mark.parametrize(
    ("text", "emitter"),
    [
        (f'otel_costing_calls_total{{{LABELS},service_name="assistant"}} 3\n', ASSISTANT),
        (f'shop_otel_costing_calls_total{{{LABELS},job="shop/assistant"}} 3 17000\n', ASSISTANT),
        (f"otel_costing_calls{{{LABELS}}} 3\n", ASSISTANT._replace(service=None)),
        (
            (
                'target_info{job="j",instance="1",service_name="assistant"} 1\n'
                f'otel_costing_calls_total{{{LABELS},job="j",instance="1"}} 3\n'
            ),
            ASSISTANT,
        ),
        (
            (
                '{"otel_costing.calls_total","gen_ai.provider.name"="openai",'
                '"gen_ai.request.model"="gpt-5","service.name"="assistant"} 3\n'
            ),
            ASSISTANT,
        ),
    ],
    ids=["resource labels", "prefix and job", "nobody's", "target_info", "dots"],
)
def test_a_counter_is_known_however_it_is_spelled(text: str, emitter: Emitter) -> None:
    assert emitted_calls(text) == {emitter: 3}


def test_statuses_and_instances_are_summed_and_other_metrics_left_out() -> None:
    series = [
        f'otel_costing_calls_total{{{LABELS},service_name="assistant",otel_costing_status="{status}",instance="{n}"}} 2'
        for status in ("priced", "unpriced")
        for n in (1, 2)
    ]
    text = "\n".join([*series, 'otel_costing_usd_total{service_name="assistant"} 99', ""])

    assert emitted_calls(text) == {ASSISTANT: 8}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no counter otel_costing_calls_total"),
        ("up 1\n", "no counter"),
        ("<html>no metrics</html>\n", "no text of Prometheus"),
        ("otel_costing_calls_total NaN\n", "no number of calls"),
        ("otel_costing_calls_total -1\n", "no number of calls"),
        ("otel_costing_calls_total +Inf\n", "no number of calls"),
    ],
)
def test_what_is_no_such_counter_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        emitted_calls(text)


_EMITTERS = st.builds(
    Emitter, st.sampled_from([None, "a", "b"]), st.just("openai"), st.sampled_from(["m", "n"])
)


@given(
    emitted=st.dictionaries(_EMITTERS, st.integers(0, 99)),
    booked=st.dictionaries(_EMITTERS, st.builds(Booked, st.integers(0, 99), st.integers(0, 9))),
)
def test_nothing_that_was_counted_or_booked_is_lost(
    emitted: dict[Emitter, int], booked: dict[Emitter, Booked]
) -> None:
    rows = beside(emitted, booked)

    assert sum(row.emitted_calls or 0 for row in rows) == sum(emitted.values())
    assert sum(row.booked_calls for row in rows) == sum(one.calls for one in booked.values())
    assert sum(row.copies for row in rows) == sum(one.copies for one in booked.values())
    if any(one.service is None for one in emitted):
        assert {row.service for row in rows} == {None}


def test_the_largest_difference_comes_first_and_what_nobody_counted_last() -> None:
    other = ASSISTANT._replace(service="batch")
    elsewhere = ASSISTANT._replace(service="gateway")
    found = beside(
        {ASSISTANT: 5, other: 9},
        {ASSISTANT: Booked(5, 0), other: Booked(7, 2), elsewhere: Booked(4, 0)},
    )

    assert found == [
        Counted(*other, 9, 7, 2, 2),
        Counted(*ASSISTANT, 5, 5, 0, 0),
        Counted(*elsewhere, None, 4, 0, None),
    ]
