"""Every captured emitter against the truth: what is on the wire comes out exact, once, and nothing raises."""

from __future__ import annotations

from collections import Counter

import pytest

from otel_costing.batch import examine
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from otel_costing.settlement import Settled, settle
from otel_costing.usage import Unpriced
from tests.conformance.truth import LOSSES, SPANS, Truth, loss_of, truths


def settled(file: str) -> list[Settled]:
    """The calls that would be booked of a file, by the path that books them."""
    records = decode((SPANS / file).read_bytes()).spans
    examined = [examine(record, default_rates(), record.end_ns) for record in records]
    sightings = [each.sighting for each in examined if each.sighting is not None]
    parents = {(record.trace_id, record.span_id): record.parent_span_id for record in records}
    return settle(sightings, parents).calls


def quantities(calls: list[Settled]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for call in calls:
        usage = call.booked.priced.call.usage
        if not isinstance(usage, Unpriced):
            total.update(usage)
    return dict(total)


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth.file.removesuffix(".json"))
def test_a_captured_run_is_counted_once_and_exactly_as_far_as_its_spans_tell(truth: Truth) -> None:
    loss = loss_of(truth.file)
    calls = settled(truth.file)

    expected = truth.quantities if loss is None else loss.seen(truth.quantities)
    assert quantities(calls) == expected, loss.why if loss else "everything is on the wire"
    assert len(calls) == (truth.calls if loss is None or loss.calls is None else loss.calls)


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth.file.removesuffix(".json"))
def test_a_call_without_usage_says_so(truth: Truth) -> None:
    for call in settled(truth.file):
        usage = call.booked.priced.call.usage
        if isinstance(usage, Unpriced):
            assert usage.reason == "no_usage"


def test_every_named_loss_is_of_a_captured_file() -> None:
    files = [truth.file for truth in truths()]
    used = {id(loss_of(file)) for file in files}

    assert [pattern for pattern, loss in LOSSES if id(loss) not in used] == []


def test_every_captured_file_has_its_truth() -> None:
    assert {path.name for path in SPANS.glob("*.json")} == {truth.file for truth in truths()}
