"""One call seen by several instrumentations of a process is one call; two calls stay two."""

from __future__ import annotations

import pytest

from otel_costing.cost import PricedCall
from otel_costing.recent_calls import RecentCalls, Sighting
from otel_costing.tally import Tally
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
    tally = Tally(PricedCall(_call(), Unpriced("no_usage"), end_ns))
    return Sighting(_call(), scope, trace_id, span_id, parent_id, start_ns, end_ns, tally)


def told(recent: RecentCalls, seen: Sighting) -> str | None:
    """Return why a call is one that was seen before."""
    repeat = recent.repeats(seen)
    return None if repeat is None else repeat.reason


def test_the_same_response_is_one_call_in_whatever_trace_and_split() -> None:
    recent = RecentCalls()
    finer = _call(ID)._replace(usage=Usage(input=400, cache_read=300, output=100, reasoning=50))

    assert told(recent, _at("sdk", 2)._replace(call=finer)) is None
    assert (
        told(recent, _at("framework", 3, trace_id=2)._replace(call=_call(ID))) == "same_response_id"
    )


def test_each_layer_around_a_call_is_its_wrapper() -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 3, 2)) is None
    assert told(recent, _at("client", 2, 1)) == "wrapper"
    assert told(recent, _at("framework", 1)) == "wrapper"


def test_a_wrapper_that_knows_the_requested_model_only_is_one_all_the_same() -> None:
    recent = RecentCalls()

    assert (
        told(recent, _at("sdk", 2, 1)._replace(call=_call(model="gpt-5-mini-2025-08-07"))) is None
    )
    assert told(recent, _at("framework", 1)) == "wrapper"


def test_spans_side_by_side_at_one_time_are_one_call_and_pair_up() -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 2, 1)) is None
    assert told(recent, _at("sdk", 3, 1)) is None
    assert told(recent, _at("framework", 4, 1)) == "wrapper"
    assert told(recent, _at("framework", 5, 1)) == "wrapper"
    assert told(recent, _at("framework", 6, 1)) is None


def test_a_counter_joins_what_lies_around_it_and_nothing_later() -> None:
    recent = RecentCalls()
    around = _at("framework", 3, trace_id=2, start_ns=0, end_ns=3 * SECOND)
    later = _at("framework", 4, trace_id=2, start_ns=5 * SECOND, end_ns=6 * SECOND)

    assert told(recent, _at("sdk", 2)._replace(call=_call("chatcmpl-24"))) is None
    assert told(recent, around._replace(call=_call("chatcmpl-24"))) == "same_response_id"
    assert told(recent, later._replace(call=_call("chatcmpl-24"))) is None


def test_a_report_of_no_duration_tells_of_the_call_that_has_just_ended() -> None:
    recent = RecentCalls()
    just = _at("log", 3, start_ns=2 * SECOND + 5, end_ns=2 * SECOND + 5)

    assert told(recent, _at("sdk", 2)._replace(call=_call(ID))) is None
    assert told(recent, just) == "wrapper"
    assert told(recent, just._replace(span_id=4)) is None


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

    assert told(recent, _at("sdk", 2, 1)._replace(call=_call(ID))) is None
    assert told(recent, at._replace(call=other)) is None


def _silent(response_id: str = "") -> Call:
    return _call(response_id)._replace(usage=Unpriced("no_usage"))


def _guessed(response_id: str = "", *, output: int) -> Call:
    return _call(response_id, output=output)._replace(assumptions=("estimated_usage",))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(_silent(ID), _silent(ID), id="neither has usage"),
        pytest.param(_silent(ID), _call(ID), id="the first has none"),
        pytest.param(_call(ID), _silent(ID), id="the second has none"),
        pytest.param(_call(ID), _guessed(ID, output=151), id="the second is a guess"),
        pytest.param(_guessed(ID, output=151), _call(ID), id="the first is a guess"),
    ],
)
def test_an_id_tells_that_it_is_one_call_where_figures_are_missing_or_guessed(
    first: Call, second: Call
) -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 2)._replace(call=first)) is None
    assert told(recent, _at("framework", 2, trace_id=2)._replace(call=second)) == "same_response_id"


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        pytest.param(_silent(), _silent(), id="neither has usage"),
        pytest.param(_silent(), _call(), id="the inner has none"),
        pytest.param(_call(), _silent(), id="the outer has none"),
        pytest.param(_call(), _guessed(output=151), id="the outer is a guess"),
        pytest.param(_guessed(output=151), _call(), id="the inner is a guess"),
    ],
)
def test_a_span_right_around_another_tells_of_its_call_where_figures_are_missing_or_guessed(
    inner: Call, outer: Call
) -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 3, 2)._replace(call=inner)) is None
    assert told(recent, _at("framework", 2, 1)._replace(call=outer)) == "wrapper"


@pytest.mark.parametrize(
    ("other", "at"),
    [
        pytest.param(_silent(), _at("framework", 3, 1), id="side by side"),
        pytest.param(_silent(), _at("sdk", 1), id="one scope"),
        pytest.param(_silent("chatcmpl-CR1aXb9ZkPq0002"), _at("framework", 1), id="another id"),
    ],
)
def test_without_usage_in_doubt_both_are_calls(other: Call, at: Sighting) -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 2, 1)._replace(call=_silent(ID))) is None
    assert told(recent, at._replace(call=other)) is None


def test_once_an_account_has_usage_its_totals_decide() -> None:
    recent = RecentCalls()

    assert told(recent, _at("sdk", 2)._replace(call=_silent(ID))) is None
    assert told(recent, _at("client", 3)._replace(call=_call(ID))) == "same_response_id"
    assert told(recent, _at("framework", 4)._replace(call=_call(ID, output=151))) is None


def test_all_accounts_of_a_call_share_what_is_counted_of_it() -> None:
    recent = RecentCalls()
    first = _at("sdk", 3, 2)._replace(call=_silent())

    assert recent.repeats(first) is None
    around = recent.repeats(_at("client", 2, 1)._replace(call=_call(ID)))
    elsewhere = recent.repeats(_at("framework", 7, trace_id=2)._replace(call=_call(ID)))
    assert around is not None
    assert elsewhere is not None
    assert around.tally is elsewhere.tally is first.tally


def test_the_memory_forgets_the_oldest_and_keeps_the_latest() -> None:
    recent = RecentCalls()
    for number in range(10_000):
        known = _call(f"chatcmpl-CR1aXb9ZkPq{number:08}", output=number)
        assert told(recent, _at("sdk", number)._replace(call=known)) is None

    assert told(
        recent, _at("sdk", 1)._replace(call=_call("chatcmpl-CR1aXb9ZkPq00009999", output=9999))
    )
    assert (
        told(recent, _at("sdk", 1)._replace(call=_call("chatcmpl-CR1aXb9ZkPq00000000", output=0)))
        is None
    )


def test_of_calls_alike_only_the_latest_of_each_scope_are_tried() -> None:
    recent = RecentCalls()
    for trace_id in range(1, 10):
        assert told(recent, _at("sdk", 2, 1, trace_id=trace_id)) is None

    assert told(recent, _at("framework", 3, 1, trace_id=1)) is None
    assert told(recent, _at("framework", 3, 1, trace_id=9)) == "wrapper"
