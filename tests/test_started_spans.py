"""For whom spans work that have started and not ended."""

from __future__ import annotations

import pytest

from otel_costing import started_spans
from otel_costing.attribution import Attribution
from otel_costing.started_spans import StartedSpans
from otel_costing.working import IDLE, Working

SUPPORT = Working(Attribution(team="support"))


def test_what_was_said_at_the_start_is_there_once_at_the_end() -> None:
    started = StartedSpans()
    assert not started
    started.remember(1, SUPPORT)
    assert started
    assert (started.forget(1), started.forget(1)) == (SUPPORT, IDLE)
    assert not started


def test_spans_that_never_end_take_a_bounded_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started_spans, "_MOST_OPEN", 3)
    started = StartedSpans()
    for span_id in range(5):
        started.remember(span_id, SUPPORT)

    assert [started.forget(span_id) is SUPPORT for span_id in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
