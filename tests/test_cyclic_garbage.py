"""How often Python looks for cycles is an application's own affair, and ours in our own processes alone."""

from __future__ import annotations

import gc

import pytest
from opentelemetry.sdk.trace import TracerProvider

from otel_costing import CostSpanProcessor
from otel_costing.cyclic_garbage import looking_seldom


def test_an_application_looks_as_often_with_the_processor_as_without() -> None:
    before = (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())
    provider = TracerProvider()
    provider.add_span_processor(CostSpanProcessor())
    provider.get_tracer("app").start_span("chat", attributes={"gen_ai.request.model": "m"}).end()

    assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == before


def test_it_is_looked_a_hundredth_as_often_and_as_before_when_the_work_has_failed() -> None:
    before = gc.get_threshold()

    def work() -> None:
        assert gc.get_threshold() == (70_000, 10, 10)
        raise LookupError

    with pytest.raises(LookupError), looking_seldom():
        work()
    assert gc.get_threshold() == before
