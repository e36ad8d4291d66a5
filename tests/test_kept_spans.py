"""Which skeletons are kept is a matter of trees alone: the calls and their money are the same."""

from __future__ import annotations

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.examined import examine
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing.rates import default_rates
from otel_costing.skeleton import skeleton_of
from tests.calls import NOON, hex_id, record, sighting

CALL = record(1)
AGENT = record(2)._replace(attributes={"gen_ai.operation.name": "invoke_agent"})
WEB = record(3)._replace(attributes={"http.request.method": "GET"})


def examined() -> list[Examined]:
    """Return a call, an agent without usage of its own, and a web request."""
    told = Examined(skeleton_of(CALL, Attribution()), sighting(CALL))
    return [told, *(examine(span, default_rates(), NOON) for span in (AGENT, WEB))]


@pytest.mark.parametrize(
    ("kept", "spans"),
    [(KeptSpans.ALL, [1, 2, 3]), (KeptSpans.GENAI, [1, 2]), (KeptSpans.NONE, [])],
)
def test_skeletons_are_kept_as_told_and_the_calls_are_the_same(
    kept: KeptSpans, spans: list[int]
) -> None:
    told = examined()
    sealed = seal(told, default_rates(), NOON, largest=10)
    (batch,) = with_kept_spans(sealed, told, kept)

    assert [span.span_id for span in batch.spans] == [hex_id(number) for number in spans]
    assert batch._replace(spans=()) == sealed[0]._replace(spans=())
    assert batch.counts.spans == 3
