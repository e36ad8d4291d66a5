"""Every captured emitter against the truth: what is on the wire comes out exact, once, and nothing raises."""

from __future__ import annotations

import pytest

from tests.conformance.booked import quantities, settled
from tests.conformance.page import PAGE, page, rows
from tests.conformance.truth import LOSSES, SPANS, Truth, loss_of, truths


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
        if not call.booked.items:
            assert call.booked.status_reason == "no_usage"


def test_every_named_loss_is_of_a_captured_file() -> None:
    files = [truth.file for truth in truths()]
    used = {id(loss_of(file)) for file in files}

    assert [pattern for pattern, loss in LOSSES if id(loss) not in used] == []


def test_every_captured_file_has_its_truth() -> None:
    assert {path.name for path in SPANS.glob("*.json")} == {truth.file for truth in truths()}


def test_every_run_is_exact_or_says_why() -> None:
    assert [row.truth.file for row in rows() if not row.is_exact and not row.why_not] == []


def test_figures_that_differ_are_marked_or_lie_within_what_the_emitter_says() -> None:
    """An estimate is never booked as if it had been counted."""
    guessed = [row for row in rows() if "estimate" in row.why_not]

    assert guessed
    assert all("estimated_usage" in row.remarks for row in guessed)


def test_the_published_page_is_of_this_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "stale: run `make conformance`"


def test_the_published_page_has_every_run() -> None:
    published = PAGE.read_text(encoding="utf-8")
    missing = [row.truth.file for row in rows() if f"| {row.scenario} |" not in published]

    assert missing == []
    assert max(map(len, published.splitlines())) < 220
