"""What is known of spans that have started and not ended."""

from __future__ import annotations

from otel_costing.started_spans import StartedSpans


def test_what_was_said_at_the_start_is_there_once_at_the_end() -> None:
    started: StartedSpans[str] = StartedSpans()
    assert started.known == {}
    started.remember(1, "support")
    assert started.known
    assert started.get(1) == "support"
    assert (started.forget(1), started.forget(1)) == ("support", None)
    assert started.known == {}


def test_spans_that_never_end_take_a_bounded_place() -> None:
    started: StartedSpans[str] = StartedSpans(most=3)
    for span_id in range(5):
        started.remember(span_id, "support")

    assert [started.forget(span_id) for span_id in range(5)] == [None, None, *["support"] * 3]
