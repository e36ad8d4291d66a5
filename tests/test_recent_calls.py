"""One call seen by several instrumentations of a process is one call; two calls stay two."""

from __future__ import annotations

import pytest

from otel_costing.recent_calls import RecentCalls, Sighting
from otel_costing.usage import Call, Unpriced, Usage

ID = "chatcmpl-CR1aXb9ZkPq0001"
SECOND = 10**9


def _call(response_id: str = "", *, model: str = "gpt-5-mini", output: int = 150) -> Call:
    return Call(
        "openai",
        model,
        "gpt-5-mini",
        "chat",
        Usage(input=700, output=output),
        response_id=response_id,
    )


def _at(
    scope: str,
    span_id: int,
    parent_id: int = 0,
    *,
    trace_id: int = 1,
    start_ns: int = SECOND,
    end_ns: int = 2 * SECOND,
) -> Sighting:
    return Sighting(_call(), scope, trace_id, span_id, parent_id, start_ns, end_ns)


def test_the_same_response_is_one_call_in_whatever_trace_and_split() -> None:
    recent = RecentCalls()
    finer = _call(ID)._replace(usage=Usage(input=400, cache_read=300, output=100, reasoning=50))

    assert recent.repeats(_at("sdk", 2)._replace(call=finer)) is None
    assert (
        recent.repeats(_at("framework", 3, trace_id=2)._replace(call=_call(ID)))
        == "same_response_id"
    )


def test_each_layer_around_a_call_is_its_wrapper() -> None:
    recent = RecentCalls()

    assert recent.repeats(_at("sdk", 3, 2)) is None
    assert recent.repeats(_at("client", 2, 1)) == "wrapper"
    assert recent.repeats(_at("framework", 1)) == "wrapper"


def test_a_wrapper_that_knows_the_requested_model_only_is_one_all_the_same() -> None:
    recent = RecentCalls()

    assert (
        recent.repeats(_at("sdk", 2, 1)._replace(call=_call(model="gpt-5-mini-2025-08-07"))) is None
    )
    assert recent.repeats(_at("framework", 1)) == "wrapper"


def test_spans_side_by_side_at_one_time_are_one_call_and_pair_up() -> None:
    recent = RecentCalls()

    assert recent.repeats(_at("sdk", 2, 1)) is None
    assert recent.repeats(_at("sdk", 3, 1)) is None
    assert recent.repeats(_at("framework", 4, 1)) == "wrapper"
    assert recent.repeats(_at("framework", 5, 1)) == "wrapper"
    assert recent.repeats(_at("framework", 6, 1)) is None


def test_a_counter_joins_what_lies_around_it_and_nothing_later() -> None:
    recent = RecentCalls()
    around = _at("framework", 3, trace_id=2, start_ns=0, end_ns=3 * SECOND)
    later = _at("framework", 4, trace_id=2, start_ns=5 * SECOND, end_ns=6 * SECOND)

    assert recent.repeats(_at("sdk", 2)._replace(call=_call("chatcmpl-24"))) is None
    assert recent.repeats(around._replace(call=_call("chatcmpl-24"))) == "same_response_id"
    assert recent.repeats(later._replace(call=_call("chatcmpl-24"))) is None


def test_a_report_of_no_duration_tells_of_the_call_that_has_just_ended() -> None:
    recent = RecentCalls()
    just = _at("log", 3, start_ns=2 * SECOND + 5, end_ns=2 * SECOND + 5)

    assert recent.repeats(_at("sdk", 2)._replace(call=_call(ID))) is None
    assert recent.repeats(just) == "wrapper"
    assert recent.repeats(just._replace(span_id=4)) is None


@pytest.mark.parametrize(
    ("other", "at"),
    [
        pytest.param(_call(), _at("sdk", 1), id="one scope"),
        pytest.param(_call("chatcmpl-CR1aXb9ZkPq0002"), _at("framework", 1), id="another id"),
        pytest.param(_call(output=151), _at("framework", 1), id="other totals"),
        pytest.param(
            _call(model="gpt-5")._replace(request_model="gpt-5"),
            _at("framework", 1),
            id="another model",
        ),
        pytest.param(_call(), _at("framework", 9, trace_id=2), id="another trace, no id"),
        pytest.param(
            _call(),
            _at("framework", 3, 1, start_ns=3 * SECOND, end_ns=4 * SECOND),
            id="beside it, later",
        ),
    ],
)
def test_in_doubt_both_are_calls(other: Call, at: Sighting) -> None:
    recent = RecentCalls()

    assert recent.repeats(_at("sdk", 2, 1)._replace(call=_call(ID))) is None
    assert recent.repeats(at._replace(call=other)) is None


def test_calls_without_usage_are_never_copies() -> None:
    recent = RecentCalls()
    unknown = _call(ID)._replace(usage=Unpriced("no_usage"))

    assert recent.repeats(_at("sdk", 2)._replace(call=unknown)) is None
    assert recent.repeats(_at("sdk", 2)._replace(call=unknown)) is None


def test_the_memory_forgets_the_oldest_and_keeps_the_latest() -> None:
    recent = RecentCalls()
    for number in range(10_000):
        known = _call(f"chatcmpl-CR1aXb9ZkPq{number:08}", output=number)
        assert recent.repeats(_at("sdk", number)._replace(call=known)) is None

    assert recent.repeats(
        _at("sdk", 1)._replace(call=_call("chatcmpl-CR1aXb9ZkPq00009999", output=9999))
    )
    assert (
        recent.repeats(_at("sdk", 1)._replace(call=_call("chatcmpl-CR1aXb9ZkPq00000000", output=0)))
        is None
    )


def test_of_calls_alike_only_the_latest_of_each_scope_are_tried() -> None:
    recent = RecentCalls()
    for trace_id in range(1, 10):
        assert recent.repeats(_at("sdk", 2, 1, trace_id=trace_id)) is None

    assert recent.repeats(_at("framework", 3, 1, trace_id=1)) is None
    assert recent.repeats(_at("framework", 3, 1, trace_id=9)) == "wrapper"
